import ArgumentParser
import DunlinCore

struct SetupIntentsCreate: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a SetupIntent, and confirm it at once with --confirm.",
        discussion: """
            Examples:
              dunlin setup-intents create --customer cus_0042 --payment-method pm_card_visa --confirm \\
                --return-url https://example.com/back
              dunlin setup-intents create --gateway wooshpay --customer cus_0042 --confirm --card-stdin \\
                --return-url https://example.com/back < card.json

            \(CardOptions.notice)
            """)

    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The data file's id of the customer, or the gateway's.", valueName: "id"))
    var customer: String?
    @Option(help: .init("The data file's id of a payment method, or the gateway's.", valueName: "id"))
    var paymentMethod: String?
    @Option(help: .init("off_session for renewals, on_session for a customer who is present.", valueName: "usage"))
    var usage = SetupUsage.offSession
    @Option(
        name: .customLong("three-d-secure"),
        help: .init("automatic, or any to authenticate whenever the card can.", valueName: "request"))
    var threeDSecure: ThreeDSecureRequest?
    @Option(help: .init("Shown in the gateway's dashboard.", valueName: "text"))
    var description: String?
    @OptionGroup var metadata: MetadataOptions
    @Flag(help: "Confirm in the same request.")
    var confirm = false
    @Option(help: .init("Where the browser comes back to after a challenge; with --confirm.", valueName: "url"))
    var returnURL: String?
    @OptionGroup var card: CardOptions
    @Flag(help: "Show the client secret, with which a browser can finish the setup. Do not store or log it.")
    var showClientSecret = false
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        if returnURL != nil, !confirm { throw ValidationError("--return-url goes with --confirm") }
        try returnURL?.requireAddress("--return-url")
        try card.requireOnlyCard(besides: paymentMethod)
        try description?.refuseCardNumber("--description")
    }

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            let request = SetupIntentRequest(
                customerID: try await desk.gatewayCustomerID(customer),
                paymentMethodID: try await desk.gatewayMethodID(paymentMethod), card: try card.card(desk.settings),
                usage: usage, threeDSecure: threeDSecure, description: description, metadata: try metadata.change(),
                confirms: confirm, returnURL: returnURL ?? (confirm ? desk.settings.returnURL : nil))
            return try await desk.show(
                await desk.driver.createSetupIntent(request, idempotencyKey: call.key), withSecret: showClientSecret)
        }
    }
}

struct SetupIntentsUpdate: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change an open SetupIntent. Its usage cannot be changed.",
        discussion: """
            Metadata is merged into what is there: key=value sets a key, key= removes it. An empty text removes a
            description or a payment method.

            Examples:
              dunlin setup-intents update seti_1 --metadata order_id=6735
              dunlin setup-intents update seti_1 --metadata order_id= --description ""
            """)

    @Argument(help: "The SetupIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The data file's id of the customer, or the gateway's.", valueName: "id"))
    var customer: String?
    @Option(help: .init("The data file's id of a payment method, or the gateway's.", valueName: "id"))
    var paymentMethod: String?
    @Option(help: .init("Shown in the gateway's dashboard.", valueName: "text"))
    var description: String?
    @OptionGroup var metadata: MetadataOptions
    @Flag(help: "Remove all metadata.")
    var removeMetadata = false
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        if removeMetadata, !metadata.metadata.isEmpty {
            throw ValidationError("--remove-metadata contradicts --metadata: the gateways have no request for both")
        }
        if customer == nil, paymentMethod == nil, description == nil, metadata.metadata.isEmpty, !removeMetadata {
            throw ValidationError("nothing to change")
        }
        try description?.refuseCardNumber("--description")
    }

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            let change = SetupIntentChange(
                customerID: try await desk.gatewayCustomerID(customer),
                paymentMethodID: try await desk.gatewayMethodID(paymentMethod), description: description,
                metadata: try metadata.change(removesAll: removeMetadata))
            return try await desk.show(
                await desk.driver.updateSetupIntent(id, change, idempotencyKey: call.key))
        }
    }
}

struct SetupIntentsConfirm: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Try to save the card: succeeded, or what the customer has to do.",
        discussion: """
            Examples:
              dunlin setup-intents confirm seti_1 --payment-method pm_card_visa --return-url https://example.com/back

            \(CardOptions.notice)
            """)

    @Argument(help: "The SetupIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The data file's id of a payment method, or the gateway's.", valueName: "id"))
    var paymentMethod: String?
    @Option(help: .init("Where the browser comes back to after a challenge.", valueName: "url"))
    var returnURL: String?
    @OptionGroup var card: CardOptions
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        try returnURL?.requireAddress("--return-url")
        try card.requireOnlyCard(besides: paymentMethod)
    }

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            let confirmation = SetupIntentConfirmation(
                paymentMethodID: try await desk.gatewayMethodID(paymentMethod), card: try card.card(desk.settings),
                returnURL: returnURL ?? desk.settings.returnURL)
            return try await desk.show(
                await desk.driver.confirmSetupIntent(id, confirmation, idempotencyKey: call.key))
        }
    }
}

struct SetupIntentsCancel: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Give a setup up. What is canceled stays canceled.")

    @Argument(help: "The SetupIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("abandoned, duplicate or requested_by_customer.", valueName: "reason"))
    var reason: SetupCancelReason?
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            try await desk.show(
                await desk.driver.cancelSetupIntent(id, reason: reason, idempotencyKey: call.key))
        }
    }
}
