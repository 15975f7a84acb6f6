import ArgumentParser
import DunlinCore
import DunlinDefaults
import DunlinJobs
import DunlinSimulation
import Foundation
import Logging

/// `dunlin simulate`: months of billing while everything goes wrong, judged after every step.
struct SimulateCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Everything goes wrong, on a virtual clock: is any promise broken?",
        discussion: """
            The real jobs, rules, queue and SQL run against the gateway's model: several workers at once, killed and
            restarted between any two steps, with lost answers, wrong clocks, full disks and people who change their
            minds. Each seed draws which kinds of trouble there are. The same seed gives the same run, event by event.

            Status 1: a promise was broken. The seed, the shortest run that still shows it and its last events are
            printed.

            Examples:
              dunlin simulate --seeds 100
              dunlin simulate --from 4711 --seeds 1 --log events.txt
              dunlin simulate --profile gateway --days 30 --subscriptions 10
            """)

    @Option(help: .init("How many seeds, one after the other.", valueName: "number"))
    var seeds = 10

    @Option(help: .init("The first seed. Default: drawn, and printed.", valueName: "seed"))
    var from: UInt64?

    @Option(help: .init("How many subscriptions.", valueName: "number"))
    var subscriptions = 50

    @Option(help: .init("For how many days things go wrong.", valueName: "number"))
    var days: Int64 = 120

    @Option(
        help: .init(
            "Which kinds of trouble: \(FaultProfile.names.joined(separator: ", ")).", valueName: "name"),
        transform: { try FaultProfile(name: $0).orRefuse("expects \(FaultProfile.names.joined(separator: ", "))") })
    var profile = FaultProfile.swarm

    @Option(
        help: .init("Leaves this kind of trouble out; may be repeated.", valueName: "kind"),
        transform: {
            try FaultKind(rawValue: $0).orRefuse(
                "expects one of \(FaultKind.allCases.map(\.rawValue).joined(separator: ", "))")
        })
    var without: [FaultKind] = []

    @Option(help: .init("Cuts each run off after so many steps.", valueName: "number"))
    var steps: Int?

    @Flag(help: "After --steps the run goes on without trouble, to its end.")
    var rest = false

    @Option(help: .init("Writes the events of the last run to this file.", valueName: "path"))
    var log: String?

    @Flag(help: "Ends with the first seed that breaks a promise.")
    var untilBroken = false

    @Flag(help: "Does not look for the shortest run that still fails.")
    var noShrinking = false

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        guard (1...1_000_000).contains(seeds) else { throw ValidationError("--seeds takes 1 to 1000000") }
        guard (1...10_000).contains(subscriptions) else { throw ValidationError("--subscriptions takes 1 to 10000") }
        guard (1...3660).contains(days) else { throw ValidationError("--days takes 1 to 3660") }
        if let steps, steps < 1 { throw ValidationError("--steps takes 1 or more") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        if global.logLevel == nil { LineLogHandler.setLevel(.error) }
        let folder = try SimulationFolder()
        defer { folder.remove() }
        let first = from ?? Chance.bits() % 999_999_999 + 1
        return try await SimulateReport(command: self, folder: folder, first: first, context: context).run()
    }

    func options(seed: UInt64, _ folder: SimulationFolder) -> SimulatorOptions {
        var options = SimulatorOptions(seed: seed, folder: folder.path)
        options.subscriptions = subscriptions
        options.days = days
        options.profile = profile
        options.without = Set(without)
        options.stepsMax = steps
        options.restsAfterStepsMax = rest
        options.keepsWholeLog = log != nil
        return options
    }

    /// The policy that the program comes with.
    static func rules() throws -> BillingRules {
        let policies = try DunningFile.read(Defaults.dunning, path: "dunning.yaml")
        return BillingRules(
            declines: try DeclineTable(parsing: Defaults.declines), dunning: policies["default"] ?? DunningPolicy())
    }
}
