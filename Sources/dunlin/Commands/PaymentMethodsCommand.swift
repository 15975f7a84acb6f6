import ArgumentParser
import DunlinReports

/// `dunlin payment-methods list|show|sync|set`.
struct PaymentMethodsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payment-methods",
        abstract: "The saved cards, by the gateway's ids.",
        discussion: """
            Examples:
              dunlin payment-methods list --customer cus_0042
              dunlin payment-methods list --state closed
              dunlin payment-methods sync --customer cus_0042
              dunlin payment-methods set --customer cus_0042 --default pm_1 --backup pm_2
            """,
        subcommands: [List.self, Show.self, PaymentMethodsSync.self, PaymentMethodsSet.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "States: usable, closed (by a final decline).")

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context, ListReport.paymentMethods)
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One payment method with the attempts on it.")

        @Argument(help: "The payment method.") var id: String
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.paymentMethod(id, tx) }
        }
    }
}
