import ArgumentParser
import DunlinReports

/// `dunlin exchanges list|show`.
struct ExchangesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchanges",
        abstract: "What was said to the gateways: fields for their support, no bodies.",
        discussion: """
            Kept as long as the line prune-exchanges of the schedule says. The request id is what a gateway's support
            asks for.

            Examples:
              dunlin exchanges list --invoice 42
              dunlin exchanges list --state failed --limit 20
              dunlin exchanges show 1207
            """,
        subcommands: [List.self, Show.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "States: good, failed (an error, or no answer).")

        @Option(help: .init("Only calls for this invoice.", valueName: "id"))
        var invoice: Int64?
        @Option(help: .init("Only calls to this gateway.", valueName: "name"))
        var gateway: String?
        @Option(help: .init("Only calls about this object of the gateway.", valueName: "id"))
        var object: String?
        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context) { filter in
                var filter = filter
                filter.invoiceID = invoice
                return try ListReport.exchanges(filter, gateway: gateway, objectID: object)
            }
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One call, with everything that is kept of it.")

        @Argument(help: "The exchange.") var id: Int64
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.exchange(id, tx) }
        }
    }
}
