import ArgumentParser
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// `dunlin charging stop|start`: the switch in front of every new money request (money.md 34).
struct ChargingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "charging",
        abstract: "Stop or start new charges; settling and webhooks go on.",
        discussion: """
            Examples:
              dunlin charging stop --reason "prices of plan pro are wrong"
              dunlin charging start --gateway stripe --reason "prices corrected"
            """,
        subcommands: [Stop.self, Start.self])

    struct Target: ParsableArguments {
        @Option(help: .init("Only this gateway; all of them without it.", valueName: "name"))
        var gateway: String?

        @Option(help: .init("Why; kept, and shown in status.", valueName: "text"))
        var reason: String

        func validate() throws {
            if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty") }
        }
    }

    struct Stop: DunlinCommand {
        static let configuration = CommandConfiguration(commandName: "stop", abstract: "No new charges.")

        @OptionGroup var target: Target
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await ChargingSwitch(context, target).turn(.stop)
        }
    }

    struct Start: DunlinCommand {
        static let configuration = CommandConfiguration(commandName: "start", abstract: "Charge again.")

        @OptionGroup var target: Target
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await ChargingSwitch(context, target).turn(.start)
        }
    }
}

/// Turns the stop switch of one gateway or of all and says what it changed.
struct ChargingSwitch {
    enum Direction: String, Sendable {
        case stop, start
    }

    struct Turned: Encodable, Sendable {
        let gateway: String
        let charging: String
        /// False when it already was so: a stop keeps its first reason.
        let changed: Bool
        let reason: String?
    }

    private let context: Context
    private let target: ChargingCommand.Target

    init(_ context: Context, _ target: ChargingCommand.Target) {
        self.context = context
        self.target = target
    }

    func turn(_ direction: Direction) async throws -> ExitStatus {
        let settings = try context.settings()
        let database = try context.openDatabase(settings)
        defer { database.close() }
        let turned = try await turn(direction, configured: settings.gateways.map(\.name), in: database)
        try context.output.show(turned) {
            var table = Table([.left("GATEWAY"), .left("CHARGING"), .left("CHANGED"), .left("REASON")])
            for row in turned { table.add([row.gateway, row.charging, row.changed ? "yes" : "no", row.reason ?? ""]) }
            return table
        }
        return .done
    }

    private func turn(
        _ direction: Direction, configured: [String], in database: Database
    ) async throws -> [Turned] {
        let name = target.gateway
        let reason = target.reason
        let now = context.clock.now()
        let actor = context.actor
        return try await database.write(step: "charging-switch") { tx in
            let known = Set(configured + (try GatewayStates.all(tx).map(\.gateway)))
            let chosen = known.sorted().filter { name == nil || $0 == name }
            guard !chosen.isEmpty else {
                throw CommandFailure(
                    .badInput, "there is no gateway \(name ?? ""); known: \(known.sorted().joined(separator: ", "))")
            }
            return try chosen.map { gateway in
                let changed =
                    switch direction {
                    case .stop: try GatewayStates.stop(gateway, reason: reason, by: actor, now: now, tx)
                    case .start: try GatewayStates.start(gateway, now: now, tx)
                    }
                if changed {
                    if direction == .start { try RefundInvoice.goOn(gateway: gateway, now: now, tx) }
                    let kind = "charging_\(direction == .stop ? "stopped" : "started")"
                    try Activity.add(kind, reason: "\(gateway): \(reason)", actor: actor, now: now, tx)
                }
                let stop = try GatewayStates.find(gateway, tx)?.stopReason ?? GatewayStates.earlyStops(tx)[gateway]
                return Turned(
                    gateway: gateway, charging: stop == nil ? "on" : "stopped", changed: changed, reason: stop)
            }
        }
    }
}
