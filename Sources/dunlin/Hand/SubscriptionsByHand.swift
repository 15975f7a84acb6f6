import ArgumentParser
import DunlinJobs
import DunlinLedger

extension SubscriptionsCommand {
    struct Pause: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Bill nothing until it is resumed, whatever the owner's row says; open invoices rest.",
            discussion: """
                What the end of the pause does is what on_resume of its row says, unless --keep or --shift say otherwise.

                Examples:
                  dunlin subscriptions pause s-kim --reason "moving house"
                  dunlin subscriptions pause --filter plan=gold,state=active --shift --reason "the service is down" --dry-run
                """)

        @Argument(help: "The subscriptions.") var ids: [String] = []
        @Flag(help: "Its end leaves the dates: periods that begin in the pause are left out.") var keep = false
        @Flag(help: "Its end moves what follows by the length of the pause.") var shift = false
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if keep, shift { throw ValidationError("--keep does not go with --shift") }
            try hand.check(idCount: ids.count)
        }

        func verb(_ context: Context) -> SubscriptionVerb { .pause(shifts: keep ? false : shift ? true : nil) }
    }

    struct Resume: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume",
            abstract: "End a pause that was set here.",
            discussion: """
                Examples:
                  dunlin subscriptions resume s-kim --reason "back home"
                """)

        @Argument(help: "The subscriptions.") var ids: [String] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> SubscriptionVerb { .resume }
    }

    struct Cancel: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "End subscriptions now and for good; their open invoices become void.",
            discussion: """
                To end one with the period that is paid, set cancel_at_period_end in its own row.

                Examples:
                  dunlin subscriptions cancel s-kim --reason "asked by mail"
                """)

        @Argument(help: "The subscriptions.") var ids: [String] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> SubscriptionVerb { .cancel }
    }

    struct Unpark: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "unpark",
            abstract: "Bill rows that are parked because they look like a second import of another one.",
            discussion: """
                Other reasons lie in the rows themselves: put them right, and they go on by themselves.

                Examples:
                  dunlin subscriptions unpark s-kim-2 --reason "a second seat, agreed by mail"
                """)

        @Argument(help: "The subscriptions.") var ids: [String] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) throws -> SubscriptionVerb {
            let currencies = Dictionary(
                try context.settings().gateways.map { ($0.name, $0.kind.currencies) },
                uniquingKeysWith: { first, _ in first })
            return .unpark(PlanningJudge { currencies[$0] })
        }
    }
}
