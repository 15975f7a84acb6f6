import ArgumentParser

/// `dunlin payment-intents …`: payments by hand, for tests and for looking.
struct PaymentIntentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payment-intents",
        abstract: "Look at payments, and make test payments by hand.",
        discussion: """
            Invoices are charged by `dunlin run`; nothing here bypasses the ledger. create and confirm work in test mode
            only, and not on a payment that collects an invoice; create --invoice N moves the charge of invoice N forward.

            Examples:
              dunlin payment-intents create --amount 25.00 --currency USD --customer cus_0042 --payment-method pm_1 \\
                --confirm --off-session false --return-url https://example.com/pay/complete
              dunlin payment-intents create --invoice 42
              dunlin payment-intents retrieve pi_1 --json
              dunlin payment-intents list --customer cus_0042
              dunlin payment-intents cancel pi_1 --reason duplicate
            """,
        subcommands: [
            PaymentIntentsCreate.self, PaymentIntentsConfirm.self, PaymentIntentsRetrieve.self,
            PaymentIntentsList.self, PaymentIntentsCancel.self,
        ])
}
