import ArgumentParser

/// `dunlin setup-intents …`: saving cards, call by call.
struct SetupIntentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup-intents",
        abstract: "Save cards for later charges, call by call.",
        discussion: """
            A card is saved when its SetupIntent reads as succeeded, and by nothing else: every command here that meets \
            one stores (customer, payment method) in the data file. A browser that came back to the return URL proves \
            nothing.

            Examples:
              dunlin setup-intents create --gateway stripe --customer cus_0042 --usage off_session
              dunlin setup-intents confirm seti_1 --payment-method pm_card_visa --return-url https://example.com/back
              dunlin setup-intents retrieve seti_1
              dunlin setup-intents list --customer cus_0042 --all
              dunlin setup-intents cancel seti_1 --reason requested_by_customer

            \(CardOptions.notice)
            """,
        subcommands: [
            SetupIntentsCreate.self, SetupIntentsUpdate.self, SetupIntentsRetrieve.self, SetupIntentsList.self,
            SetupIntentsConfirm.self, SetupIntentsCancel.self,
        ])
}
