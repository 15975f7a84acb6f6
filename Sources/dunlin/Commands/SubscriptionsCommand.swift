import ArgumentParser
import DunlinReports

/// `dunlin subscriptions list|show|pause|resume|cancel|unpark`.
struct SubscriptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscriptions",
        abstract: "What is billed, and in which state it is.",
        discussion: """
            Examples:
              dunlin subscriptions list --state parked
              dunlin subscriptions show sub_0042
              dunlin subscriptions pause sub_0042 --reason "moving house"
            """,
        subcommands: [List.self, Show.self, Pause.self, Resume.self, Cancel.self, Unpark.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "States: new, trialing, active, paused, past_due, unpaid, parked, canceled, ended.")

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context, ListReport.subscriptions)
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One subscription with every record of its periods.")

        @Argument(help: "The subscription.") var id: String
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.subscription(id, tx) }
        }
    }
}
