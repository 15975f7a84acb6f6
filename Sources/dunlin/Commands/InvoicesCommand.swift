import ArgumentParser
import DunlinReports

/// `dunlin invoices …`: lists, stories, and what a person decides.
struct InvoicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoices",
        abstract: "What is owed, what became of it, and why.",
        discussion: """
            Examples:
              dunlin invoices list --state needs_method
              dunlin invoices show 42
              dunlin invoices refund 42 --reason "charged by mistake"
              dunlin invoices retry --filter state=retrying,decline=insufficient_funds --reason "pay day" --dry-run
            """,
        subcommands: [
            List.self, Show.self, Retry.self, Void.self, MarkPaid.self, MarkUncollectible.self, Hold.self,
            Release.self, Note.self, InvoicesRefund.self, InvoicesSettleRefund.self,
        ])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: """
                States: open, closing, paid, uncollectible, void; or what an open one waits for: scheduled, retrying, \
                needs_customer, needs_method, processing, unknown, on_hold.
                """)

        @Option(help: .init("Only invoices of this subscription.", valueName: "id"))
        var subscription: String?

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context) { filter in
                var filter = filter
                filter.subscriptionID = subscription
                return try ListReport.invoices(filter)
            }
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "The whole story of one invoice: attempts, answers, decisions, and what comes next.")

        @Argument(help: "The invoice.") var id: Int64
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.invoice(id, tx) }
        }
    }
}
