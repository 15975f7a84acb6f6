import DunlinCalendar
import DunlinCore
import Foundation

extension Settings {
    /// The settings of these sources.
    ///
    /// - Throws: a `SettingsError` with every problem at once. Problems of keys are not among them; see `keyProblems`.
    static func load(_ sources: SettingsSources) throws(SettingsError) -> Settings {
        let reader = try SettingsReader(sources)
        let settings = read(reader)
        reader.reportUnknownKeys()
        guard let settings, reader.problems.isEmpty else { throw SettingsError(problems: reader.problems) }
        return settings
    }

    /// Every path that the settings read, for the test that compares them with `config/dunlin.yaml`.
    static func knownPaths(_ sources: SettingsSources) throws(SettingsError) -> Set<String> {
        let reader = try SettingsReader(sources)
        _ = read(reader)
        return reader.asked
    }

    /// All values are asked for before any is missed, so that every problem is found.
    private static func read(_ reader: SettingsReader) -> Settings? {
        for name in ["DUNLIN_CONFIG"] { reader.know(environment: name) }
        let mode: GatewayMode? = reader.value("mode", expected: "test or live") { GatewayMode(rawValue: $0) }
        let zone = reader.value("accounting_time_zone", expected: "the name of a zone, such as Europe/Berlin") {
            Zone($0)
        }
        let database = database(reader)
        let publicURL = address(reader, "public_url")
        let returnURL = address(reader, "return_url")
        let listen = listen(reader)
        let gateways = gateways(reader, mode: mode ?? .test)
        let ceilings = amounts(reader, "ceilings.per_run")
        let catchUp = catchUp(reader)
        let spread = reader.integer("renewal_spread_minutes", in: 0...720)
        let worker = worker(reader)
        let late = reader.integer("late_after_minutes", in: 0...10_080)
        let rawCards = reader.value("allow_raw_card_data", expected: "true or false") { Bool($0) }
        let refunds = reader.value("refund_collected_after_cancel", expected: "never or always") { text -> Bool? in
            ["never": false, "always": true][text]
        }
        let source = source(reader)
        let backfillDays = reader.integer("backfill.days_max", in: 1...36_600)
        let level: LogLevel? = reader.choice("log.level")
        guard let mode, let zone, let database, let listen, let worker, let late, let rawCards, let backfillDays,
            let level, let catchUp, let spread, let refunds
        else { return nil }
        var settings = Settings(
            mode: mode, accountingZone: zone, database: database, publicURL: publicURL, returnURL: returnURL,
            listen: listen, gateways: gateways, ceilings: ceilings, catchUp: catchUp, renewalSpreadMinutes: spread,
            worker: worker, lateAfterMinutes: late, source: source, backfillDaysMax: backfillDays,
            allowsRawCardData: rawCards, logLevel: level, warnings: [])
        settings.refundsCollectedAfterCancel = refunds
        settings.warnings = settings.findWarnings(reader)
        return settings
    }

    private static func database(_ reader: SettingsReader) -> Database? {
        let path = reader.text("database.path")
        let mode: UInt16? = reader.value("database.mode", expected: "an octal mode such as 0600, with rw for the owner")
        {
            guard let mode = UInt16($0, radix: 8), mode <= 0o777, mode & 0o600 == 0o600 else { return nil }
            return mode
        }
        let busy = reader.integer("database.busy_timeout_seconds", in: 1...600)
        guard let path, let mode, let busy else { return nil }
        return Database(path: path, fileMode: mode, busyTimeoutSeconds: busy)
    }

    private static func listen(_ reader: SettingsReader) -> Listen? {
        let expected = "an address such as 127.0.0.1:8450"
        let outside = reader.value("listen.public", expected: expected) { ListenAddress($0) }
        let admin = reader.value("listen.admin", expected: expected) { ListenAddress($0) }
        guard let outside, let admin else { return nil }
        return Listen(public: outside, admin: admin)
    }

    private static func worker(_ reader: SettingsReader) -> Worker? {
        let concurrency = reader.integer("worker.concurrency", in: 1...1_000)
        let poll = reader.integer("worker.poll_seconds", in: 1...3_600)
        guard let concurrency, let poll else { return nil }
        return Worker(concurrency: concurrency, pollSeconds: poll)
    }

    /// An address without query, user or slash at its end.
    static func address(_ reader: SettingsReader, _ path: String, fallback: String? = nil) -> String? {
        reader.value(path, fallback: fallback, expected: "an address such as https://pay.example.com") { text in
            guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme),
                parts.host?.isEmpty == false, parts.user == nil, parts.query == nil, parts.fragment == nil
            else { return nil }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    private func findWarnings(_ reader: SettingsReader) -> [String] {
        var warnings = reader.unknownEnvironment.map { "\($0) is set but is no setting of Dunlin" }
        warnings += reader.openSecretFiles.map { "\($0) holds a secret and can be read by everybody: chmod 600 it" }
        if mode == .live, ceilings.isEmpty {
            warnings.append("mode is live and no ceilings.per_run is set: a wrong import could charge any amount")
        }
        if mode == .live, catchUp.runMax.isEmpty, ([catchUp.policy] + catchUp.plans.values).contains(.all) {
            warnings.append(
                "mode is live, catch_up bills all missed periods, and no catch_up.total_per_run is set: a long downtime "
                    + "or a wrong import could charge any amount")
        }
        if !listen.admin.isLoopback { warnings.append("listen.admin \(listen.admin) can be reached from outside") }
        return warnings
    }
}
