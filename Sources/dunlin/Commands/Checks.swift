import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinGateways
import DunlinImport
import DunlinLedger
import Foundation

/// What `dunlin check` looks at, one area after the other; a problem in one does not hide those of the next.
struct Checks {
    private(set) var findings: [Finding] = []
    private let context: Context
    private var settings: Settings?
    private var states: [GatewayState] = []

    init(_ context: Context) { self.context = context }

    // MARK: Files

    mutating func checkFiles() {
        fact(.calendar, "time zone data \(Zone.dataVersion) of the Swift runtime; the system's tzdata is not used")
        for kind in GatewayKind.allCases {
            fact(.currencies, "\(kind.rawValue) takes \(kind.currencies.all.count) currencies")
        }
        do {
            let directory = try context.configDirectory()
            checkSettings(directory)
            checkNotices()
            try checkSchedule()
            try checkDunning(directory)
            try checkDeclines(directory)
        } catch {
            problem(.settings, error)
        }
    }

    private mutating func checkSettings(_ directory: ConfigDirectory) {
        do {
            let loaded = try Settings.load(context.settingsSources())
            if context.options.now != nil, loaded.mode == .live {
                add(.settings, .problem, "--now is for test mode only, and mode is live")
            }
            settings = loaded
            let source = directory.path.map { "\($0)/\(ConfigDirectory.settingsFile)" } ?? "built-in defaults"
            fact(.settings, "\(source): mode \(loaded.mode.rawValue), accounting time zone \(loaded.accountingZone)")
            for warning in loaded.warnings { add(.settings, .warning, warning) }
        } catch {
            problem(.settings, error)
        }
    }

    private mutating func checkNotices() {
        guard let notices = settings?.notices else { return }
        if let text = notices.problem { add(.notices, .problem, text) }
        switch notices.sink {
        case .none: fact(.notices, "sink none: notices are listed and sent nowhere")
        case .webhook(let url):
            if notices.problem == nil { fact(.notices, "sent to \(url), \(notices.secrets.count.counted("secret"))") }
        case .command(let command):
            let program = command[0]
            if FileManager.default.isExecutableFile(atPath: program) {
                fact(.notices, "handed to \(program)")
            } else {
                add(.notices, .problem, "\(program) is no program that can be started: look at notices.command")
            }
        }
    }

    private mutating func checkSchedule() throws {
        let file = try ScheduleFile(context)
        for text in file.problems { add(.schedule, .problem, text) }
        guard file.problems.isEmpty else { return }
        if file.lines.isEmpty { fact(.schedule, "\(file.path): no line; passes start everything") }
        let now = context.clock.now()
        for line in file.lines {
            let ticks = line.ticks(after: now, through: now.adding(days: 3_660), limit: 5)
            let text = "\(file.path): \(line.id) runs \(line.kind)"
            if ticks.isEmpty {
                add(.schedule, .warning, "\(text), but never in the next ten years")
            } else {
                fact(
                    .schedule, "\(text), \(line.zone): \(ticks.map { $0.text(in: line.zone) }.joined(separator: ", "))")
            }
        }
    }

    private mutating func checkDunning(_ directory: ConfigDirectory) throws {
        let file = try directory.file("dunning.yaml", builtIn: Defaults.dunning)
        do {
            let policies = try DunningFile.read(file.text, path: file.path)
            fact(.dunning, "\(file.path): \(policies.names.joined(separator: ", "))")
            for warning in policies.warnings { add(.dunning, .warning, "\(file.path): \(warning)") }
        } catch {
            problem(.dunning, error)
        }
    }

    private mutating func checkDeclines(_ directory: ConfigDirectory) throws {
        let file = try directory.file("declines.json", builtIn: Defaults.declines)
        do {
            let table = try DeclineTable(parsing: file.text)
            fact(.dunning, "\(file.path): version \(table.version), what \(table.rowCount) codes of a decline mean")
            for text in table.gaps(comparedWith: try DeclineTable(parsing: Defaults.declines)) {
                add(.dunning, .warning, "\(file.path): \(text)")
            }
        } catch {
            add(.dunning, .problem, "\(file.path): \(error)")
        }
    }

    // MARK: Database

    mutating func checkDatabase() async {
        guard let settings else { return }
        let path = settings.database.path
        do {
            let database = try LiveDatabase.openReadOnly(settings.database, log: context.log)
            defer { database.close() }
            fact(.database, "\(path), database \(database.databaseID ?? "without an id")")
            for fault in try await database.quickCheck() { add(.database, .problem, "\(path): \(fault)") }
            let totals = try await database.read(OwnedTotals.read)
            for line in totals.lines { fact(.database, line) }
            if totals.unreadable > 0 {
                add(
                    .database, .warning,
                    "\(totals.unreadable.counted("subscription")) with an amount that cannot be read")
            }
            states = try await database.read(GatewayStates.all)
            for state in states { check(state, settings) }
        } catch let error as DatabaseError where error.code == .notFound {
            add(.database, .warning, "\(path) is not there yet; dunlin init creates it")
        } catch {
            problem(.database, error)
        }
    }

    // MARK: Source

    /// Runs the queries on the owner's file for their first rows and says how their columns were understood.
    mutating func checkSource() {
        guard let settings, let source = settings.source?.tables else { return }
        do {
            let names = Set(settings.gateways.map(\.name))
            for mapping in try SourceMapping.all(of: source, gatewayNames: names) { note(mapping) }
            fact(.source, "\(source.path): read only; a subscription that vanishes: \(source.vanished.rawValue)")
        } catch {
            problem(.source, error)
        }
    }

    private mutating func note(_ mapping: SourceMapping) {
        let columns = mapping.columns.map { "\($0.name) \($0.types)" }.joined(separator: ", ")
        let leftOut = mapping.leftOut.isEmpty ? "" : "; left out: \(mapping.leftOut.joined(separator: ", "))"
        fact(.source, "\(mapping.table.rawValue): \(mapping.rows.counted("row")) looked at: \(columns)\(leftOut)")
        for problem in mapping.problems { add(.source, .warning, "\(problem); it would be parked") }
    }

    // MARK: Recovery pages

    mutating func checkRecovery() {
        guard let settings else { return }
        guard let address = settings.recoveryURL else {
            return add(
                .recovery, .warning,
                "public_url is empty: no link can be sent to a customer whom the bank wants to see")
        }
        let file = RecoveryKeyFile(databasePath: settings.database.path)
        do {
            let isThere = try settings.recovery.key != nil || file.read() != nil
            let key = settings.recovery.key != nil ? Settings.recoveryKeyVariable : file.path
            fact(
                .recovery,
                "pages at \(address)/pay/, links are good for \(settings.recovery.linkDays.counted("day")), key "
                    + (isThere ? "from \(key)" : "made when first needed, in \(key)"))
        } catch {
            problem(.recovery, error)
        }
    }

    // MARK: Gateways

    private mutating func check(_ state: GatewayState, _ settings: Settings) {
        if state.isStopped {
            add(.gateway, .warning, "\(state.gateway): charging is stopped: \(state.stopReason ?? "")")
        }
        if settings.gateway(state.gateway) == nil {
            add(
                .gateway, .problem, "\(state.gateway): the data file was charged there, and the settings do not name it"
            )
        }
        if state.mode != settings.mode {
            let text = "the data file is bound to \(state.mode.rawValue) mode, and mode is \(settings.mode.rawValue)"
            add(.gateway, .problem, "\(state.gateway): \(text)")
        }
    }

    mutating func checkGateways() {
        guard let settings else { return }
        for gateway in settings.gateways {
            if let bad = gateway.keyProblem {
                add(.gateway, .problem, "\(gateway.name): \(bad)")
            } else if let key = gateway.secretKey {
                fact(.gateway, "\(gateway.name): \(key) at \(gateway.baseURL), \(gateway.sending.rawValue)")
            } else {
                fact(.gateway, "\(gateway.name): no key, not used; \(gateway.keyVariable) sets one")
            }
            if gateway.secretKey != nil, gateway.webhookSecrets.isEmpty {
                fact(.gateway, "\(gateway.name): no webhook secret; what became of a charge is found by asking")
            }
        }
        if settings.gateways.allSatisfy({ $0.secretKey == nil && $0.keyProblem == nil }) {
            add(.gateway, .warning, "no gateway has a key: nothing can be charged")
        }
    }

    mutating func askGateways() async {
        guard let settings, settings.keyProblems.isEmpty else { return }
        do {
            let gateways = try context.makeGateways(settings)
            for (name, gateway) in gateways.byName.sorted(by: { $0.key < $1.key }) {
                note(await gateway.identify().result, of: name)
            }
            try await gateways.shutDown()
        } catch {
            problem(.gateway, error)
        }
    }

    private mutating func note(_ result: GatewayResult<GatewayIdentity>, of name: String) {
        switch result {
        case .value(let identity):
            fact(.gateway, "\(name): answers\(identity.account.map { ", account \($0)" } ?? "")")
            if let account = identity.account, let bound = states.first(where: { $0.gateway == name }),
                bound.account != account
            {
                add(
                    .gateway, .problem, "\(name): the data file is bound to account \(bound.account), not to \(account)"
                )
            }
            guard let date = identity.date else { return }
            let seconds = abs(context.clock.now().milliseconds(since: date)) / 1000
            if seconds > 300 {
                add(.gateway, .problem, "\(name): its clock and this machine's differ by \(seconds) seconds")
            }
        case .refused(let refusal):
            add(.gateway, .problem, "\(name): refused with \(refusal.httpStatus): \(refusal.message)")
        case .notSent(let text), .unknown(let text):
            add(.gateway, .problem, "\(name): no answer: \(text)")
        case .throttled:
            add(.gateway, .warning, "\(name): answers that there are too many requests")
        case .declined:
            add(.gateway, .problem, "\(name): an answer about a card where none was asked about")
        }
    }

    // MARK: Findings

    private mutating func fact(_ area: Finding.Area, _ text: String) { add(area, .fact, text) }

    private mutating func problem(_ area: Finding.Area, _ error: any Error) {
        for line in FailureReport(error).text.split(separator: "\n") { add(area, .problem, String(line)) }
    }

    private mutating func add(_ area: Finding.Area, _ level: Finding.Level, _ text: String) {
        findings.append(Finding(area: area, level: level, text: text))
    }
}

extension Tick {
    /// `2026-03-29T03:30:00+02:00 (gap)`: when it is, as the wall shows it.
    fileprivate func text(in zone: Zone) -> String {
        let minutes = zone.offsetSeconds(at: instant) / 60
        let parts = [abs(minutes) / 60, abs(minutes) % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let offset = minutes == 0 ? "Z" : (minutes < 0 ? "-" : "+") + parts.joined(separator: ":")
        return "\(zone.local(of: instant))\(offset)" + (rule.map { " (\($0.rawValue))" } ?? "")
    }
}
