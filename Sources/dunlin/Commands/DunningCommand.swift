import ArgumentParser
import DunlinCalendar
import DunlinCore

/// `dunlin dunning explain`.
struct DunningCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dunning",
        abstract: "What follows a decline, and when.",
        discussion: """
            Examples:
              dunlin dunning explain --decline insufficient_funds --at 2026-02-27
              dunlin dunning explain --decline do_not_honor --network-advice 26 --brand mastercard --json
            """,
        subcommands: [Explain.self])
}

extension DunningCommand {
    struct Explain: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "The timetable of a decline: each try, who is told, and how it ends.",
            discussion: """
                As if every try met the same decline and nobody reacted. Needs no data file; the policies are those of
                dunning.yaml, and what a code means is in declines.json. What the networks' budgets would still allow
                depends on the card and is not shown.

                Examples:
                  dunlin dunning explain --decline insufficient_funds --policy default --at 2026-02-27
                  dunlin dunning explain --decline expired_card --time-zone America/New_York
                  dunlin dunning explain --network-advice 24 --brand mastercard --json | jq '.steps[].at'
                """)

        @Option(help: .init("The decline code, or the error code, of the gateway.", valueName: "code"))
        var decline: String?

        @Option(help: .init("The gateway's advice code, such as try_again_later.", valueName: "code"))
        var advice: String?

        @Option(help: .init("The network's advice: Mastercard's merchant advice code.", valueName: "code"))
        var networkAdvice: String?

        @Option(help: .init("The network's own decline code, such as 51.", valueName: "code"))
        var networkDecline: String?

        @Option(help: .init("Of the card: visa, mastercard, … Default: not known.", valueName: "brand"))
        var brand: String?

        @Option(help: .init("stripe or wooshpay.", valueName: "kind"), transform: GatewayKind.argument)
        var gateway = GatewayKind.stripe

        @Option(help: .init("A policy of dunning.yaml.", valueName: "name"))
        var policy = DunningPolicy.defaultName

        @Option(
            help: .init("When the first charge is declined, local. Default: now.", valueName: "local"),
            transform: LocalDateTime.argument)
        var at: LocalDateTime?

        @Option(help: .init("Of the customer. Default: UTC.", valueName: "zone"), transform: Zone.argument)
        var timeZone: Zone?

        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if [decline, advice, networkAdvice, networkDecline].allSatisfy({ $0 == nil }) {
                throw ValidationError("say what was declined: --decline insufficient_funds, or an advice")
            }
        }

        func run(in context: Context) async throws -> ExitStatus {
            let policies = try context.dunningPolicies()
            guard let policy = policies[policy] else {
                let known = policies.names.joined(separator: ", ")
                throw CommandFailure(.badInput, "there is no policy \(policy); known: \(known)")
            }
            let classified = try context.declineTable().classify(
                Decline(
                    declineCode: decline, adviceCode: advice, networkDeclineCode: networkDecline,
                    networkAdviceCode: networkAdvice), gateway: gateway, brand: brand)
            let zone = timeZone ?? .utc
            let start = at.map { zone.instant(of: $0).instant } ?? context.clock.now()
            let view = DunningTimetableView(
                DunningTimetable(policy, classified, at: start, zone: zone), zone: zone, decline: decline)
            try context.output.show(view) { view.lines(context.output) }
            return .done
        }
    }
}

extension GatewayKind {
    /// A flag's value.
    static func argument(_ text: String) throws -> GatewayKind {
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        return try GatewayKind(rawValue: text).orRefuse("expects one of: \(names)")
    }
}
