import ArgumentParser
import DunlinReports

/// `dunlin customers list|show|create`.
struct CustomersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract: "Who pays.",
        discussion: """
            Examples:
              dunlin customers list --limit 20
              dunlin customers show cus_0042
              dunlin customers create --gateway stripe --email a@example.com
            """,
        subcommands: [List.self, Show.self, CustomersCreate.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "All customers, by id.")

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if options.state != nil { throw ValidationError("customers have no state") }
        }

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context, ListReport.customers)
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One customer with cards, subscriptions and invoices.")

        @Argument(help: "The customer.") var id: String
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.customer(id, tx) }
        }
    }
}
