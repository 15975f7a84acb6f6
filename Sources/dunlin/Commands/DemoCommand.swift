import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinJobs
import DunlinReports
import DunlinSandbox
import DunlinSimulation
import Foundation
import Logging

/// `dunlin demo`: months of billing against a gateway in the same process, on a clock that does not wait.
struct DemoCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A year of billing in a minute: no key, no network, no set-up.",
        discussion: """
            Sample customers all over the world, with good and bad cards, are billed by the real jobs over the real
            database; only the gateway and the clock are Dunlin's own. What is left in the folder can be looked at with
            every command: dunlin status --database FOLDER/dunlin.db

            With --policy the same year is billed once under each dunning policy, with cards and customers as published
            figures have them; with --directory the data file of each is left there.

            Status 1: a promise was broken, or a period was charged twice.

            Examples:
              dunlin demo
              dunlin demo --subscriptions 100 --days 90 --seed 7
              dunlin demo --json | jq '.collected'
              dunlin demo --policy default,plain-8-8-8
            """)

    @Option(help: .init("How many subscriptions.", valueName: "number"))
    var subscriptions = 1000

    @Option(help: .init("Decides who subscribes to what, and what their cards do.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: .init("For how many days.", valueName: "number"))
    var days = 365

    @Option(help: .init("A new folder for what is left. Default: ./dunlin-demo-TIME.", valueName: "dir"))
    var directory: String?

    @Option(help: .init("Compare these dunning policies of dunning.yaml, with commas between.", valueName: "names"))
    var policy: String?

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    /// What the demo's clock shows first: 2026-01-01T00:00:00Z.
    static let start = Instant(seconds: 1_767_225_600)

    func validate() throws {
        guard (1...1_000_000).contains(subscriptions) else {
            throw ValidationError("--subscriptions takes 1 to 1000000")
        }
        guard (1...3660).contains(days) else { throw ValidationError("--days takes 1 to 3660") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        if global.logLevel == nil { LineLogHandler.setLevel(.error) }
        if let policy { return try await compare(policy, context) }
        let folder = try DemoFolder(directory ?? Self.name(at: context.clock.now()))
        let started = context.clock.elapsedMilliseconds()
        let thread = OneThread()
        let simulated = try await withTaskExecutorPreference(thread) { try await simulate(context, folder) }
        thread.end()
        let result = try await DemoResult(simulated, folder: folder, days: days, context: context)
        let elapsed = context.clock.elapsedMilliseconds() - started
        try context.output.show(result.report) { result.lines(context.output, elapsedMilliseconds: elapsed) }
        return result.isSound ? .done : .needsPerson
    }

    private func simulate(_ context: Context, _ folder: DemoFolder) async throws -> DemoResult.Simulated {
        let database = try Database.open(
            .memory(migrations: LiveDatabase.migrations, databaseID: "demo-\(seed)-\(subscriptions)"))
        defer { database.close() }
        let company = try SimulatedCompany(
            database: database, rules: try Self.rules(), start: Self.start, seed: seed,
            userAgent: Version.userAgent, logger: context.log)
        let firstDay = Zone.utc.local(of: Self.start).date
        let sample = SampleData(subscriptions: subscriptions, seed: seed, firstDay: firstDay)
        try await company.open(sample)
        let progress = DemoProgress(days: days, isShown: StandardStreams.errorIsTerminal && !global.quiet)
        let life = CustomerLife(company, seed: seed)
        let summary = try await YearOfBilling(company).run(until: Self.start.adding(days: Int64(days))) { day in
            try await life.live(through: day)
            progress.show(daysOver: Int(day.milliseconds(since: Self.start) / 86_400_000))
        }
        progress.clear()
        try await database.backup(to: folder.database)
        return DemoResult.Simulated(
            subscriptions: sample.subscriptions.count, customers: sample.customers.count, summary: summary,
            audit: company.sandbox.audit, end: company.time.now)
    }

    /// The policy that the program comes with, whatever is configured here.
    static func rules() throws -> BillingRules {
        BillingRules(
            declines: try DeclineTable(parsing: Defaults.declines),
            policies: try DunningFile.read(Defaults.dunning, path: "dunning.yaml"))
    }

    /// The same year once under each policy.
    private func compare(_ names: String, _ context: Context) async throws -> ExitStatus {
        let policies = try context.dunningPolicies()
        var chosen: [DunningPolicy] = []
        for name in names.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            guard let found = policies[name] else {
                let known = policies.names.joined(separator: ", ")
                throw CommandFailure(.badInput, "there is no policy \(name); known: \(known)")
            }
            if !chosen.contains(found) { chosen.append(found) }
        }
        guard !chosen.isEmpty else { throw CommandFailure(.badInput, "--policy names no policy") }
        let (declines, days) = (try context.declineTable(), days)
        let progress = DemoProgress(days: days, isShown: StandardStreams.errorIsTerminal && !global.quiet)
        let folder = try directory.map { try DemoFolder($0) }
        var results: [PolicyYear.Result] = []
        for policy in chosen {
            let year = PolicyYear(
                policy, declines: declines, subscriptions: subscriptions, days: Int64(days), seed: seed,
                logger: context.log)
            let database = try Database.open(
                .memory(migrations: LiveDatabase.migrations, databaseID: "demo-\(seed)-\(subscriptions)"))
            defer { database.close() }
            let thread = OneThread()
            results.append(
                try await withTaskExecutorPreference(thread) {
                    try await year.run(in: database, from: Self.start, userAgent: Version.userAgent) { day in
                        progress.show(daysOver: Int(day.milliseconds(since: Self.start) / 86_400_000))
                    }
                })
            thread.end()
            progress.clear()
            if let folder { try await database.backup(to: folder.path + "/\(policy.name).db") }
        }
        let view = PolicyComparison(results, subscriptions: subscriptions, days: days, seed: seed)
        try context.output.show(view) { view.lines(context.output) }
        return view.isSound ? .done : .needsPerson
    }

    /// Such as `dunlin-demo-20261121T035331Z`.
    private static func name(at instant: Instant) -> String {
        "dunlin-demo-" + instant.rfc3339Seconds.filter { $0 != "-" && $0 != ":" }
    }
}

/// The folder in which a demo leaves what it made.
struct DemoFolder: Sendable {
    let path: String

    /// - Throws: a `CommandFailure` when there is something of that name already, or it cannot be made.
    init(_ path: String) throws {
        self.path = path
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.badInput, "\(path) is there already: name another folder with --directory")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.badInput, "the folder \(path) cannot be made")
        }
    }

    var database: String { path + "/dunlin.db" }
    var dunningList: String { path + "/dunning.csv" }
    var proof: String { path + "/prove.json" }
    var audit: String { path + "/gateway-audit.json" }
    var report: String { path + "/demo.json" }
}

/// A bar on standard error while a demo runs.
struct DemoProgress: Sendable {
    private static let width = 40

    let days: Int
    let isShown: Bool

    func show(daysOver: Int) {
        guard isShown else { return }
        let full = min(Self.width, Self.width * daysOver / max(days, 1))
        let bar = String(repeating: "=", count: full) + String(repeating: " ", count: Self.width - full)
        StandardStreams.writeError("\r[\(bar)] day \(min(daysOver, days)) of \(days)")
    }

    func clear() {
        if isShown { StandardStreams.writeError("\r\u{1B}[K") }
    }
}
