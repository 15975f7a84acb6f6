import ArgumentParser
import DunlinReports

/// `dunlin attempts list|show`.
struct AttemptsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attempts",
        abstract: "Each try to collect an invoice, and the answer.",
        discussion: """
            Examples:
              dunlin attempts list --state unknown
              dunlin attempts list --invoice 42
            """,
        subcommands: [List.self, Show.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: """
                States: sending, processing, unknown, succeeded, declined, needs_customer, refused, never_happened.
                """)

        @Option(help: .init("Only attempts on this invoice.", valueName: "id"))
        var invoice: Int64?

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context) { filter in
                var filter = filter
                filter.invoiceID = invoice
                return try ListReport.attempts(filter)
            }
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One attempt with what was exchanged for it.")

        @Argument(help: "The attempt.") var id: Int64
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.attempt(id, tx) }
        }
    }
}
