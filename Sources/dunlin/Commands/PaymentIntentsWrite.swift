import ArgumentParser
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

struct PaymentIntentsCreate: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a test payment, or have an invoice charged.",
        discussion: """
            --off-session true charges a saved card while the customer is absent, as renewals do; false means that the
            customer is there and can answer a challenge of the bank.

            Examples:
              dunlin payment-intents create --amount 25.00 --currency USD --customer cus_0042 --payment-method pm_1 \\
                --confirm --off-session true
              dunlin payment-intents create --invoice 42
            """)

    @OptionGroup var gateway: GatewayOptions
    @Option(
        help: .init("Move the charge of this invoice forward instead; all else comes from the ledger.", valueName: "id")
    )
    var invoice: Int64?
    @Option(help: .init("In major units, such as 25.00.", valueName: "amount"))
    var amount: String?
    @Option(help: .init("A code of ISO 4217.", valueName: "code"))
    var currency: String?
    @Option(help: .init("The data file's id of the customer, or the gateway's.", valueName: "id"))
    var customer: String?
    @Option(help: .init("The data file's id of a payment method, or the gateway's.", valueName: "id"))
    var paymentMethod: String?
    @Flag(help: "Confirm in the same request: this moves (test) money.")
    var confirm = false
    @Option(help: .init("true or false; with --confirm.", valueName: "bool"))
    var offSession: Bool?
    @Option(help: .init("Where the browser comes back to after a challenge; with --confirm.", valueName: "url"))
    var returnURL: String?
    @Option(help: .init("Found again by payment-intents list --reference.", valueName: "text"))
    var reference: String?
    @Option(help: .init("Shown in the gateway's dashboard.", valueName: "text"))
    var description: String?
    @OptionGroup var metadata: MetadataOptions
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Moved: Encodable {
        let invoice: Int64
        let gateway: String
        let state = "ready"
    }

    func validate() throws {
        if invoice != nil {
            let isAlone =
                amount == nil && currency == nil && customer == nil && paymentMethod == nil && !confirm
                && metadata.metadata.isEmpty && reference == nil && description == nil
            if !isAlone { throw ValidationError("--invoice stands alone: the ledger says the rest") }
        } else {
            _ = try money()
        }
        if !confirm, offSession != nil || returnURL != nil {
            throw ValidationError("--off-session and --return-url go with --confirm")
        }
        try returnURL?.requireAddress("--return-url")
        try description?.refuseCardNumber("--description")
    }

    func run(in context: Context) async throws -> ExitStatus {
        if let invoice { return try await chargeNow(invoice, context) }
        return try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            try await desk.requireMoneyByHand("a payment by hand")
            let request = HandIntentRequest(
                amount: try money(), customerID: try await desk.gatewayCustomerID(customer),
                paymentMethodID: try await desk.gatewayMethodID(paymentMethod), confirms: confirm,
                isOffSession: offSession, returnURL: returnURL ?? (confirm ? desk.settings.returnURL : nil),
                reference: reference, description: description, metadata: try metadata.change())
            return try await desk.showPayment(
                await desk.driver.create(request, idempotencyKey: call.key, deadline: .none))
        }
    }

    private func money() throws -> Money {
        guard let amount, let currency else { throw ValidationError("say --amount and --currency, or --invoice") }
        guard let known = Currency(currency) else { throw ValidationError("--currency \(currency) is not in ISO 4217") }
        guard let money = Money(majorUnits: amount, currency: known), money.minorUnits > 0 else {
            throw ValidationError("--amount takes an amount of \(known) in major units above zero, such as 25.00")
        }
        return money
    }

    private func chargeNow(_ id: Int64, _ context: Context) async throws -> ExitStatus {
        let database = try context.openDatabase(try context.settings())
        defer { database.close() }
        let (now, actor) = (context.clock.now(), context.actor)
        let answer = try await database.write(step: "charge-now") { tx in
            let answer = try ChargeNow.request(invoiceID: id, now: now, tx)
            if case .ready(let invoice) = answer {
                try Activity.add(
                    "charge_asked_for", subscriptionID: invoice.subscriptionID, invoiceID: id, actor: actor, now: now,
                    tx)
            }
            return answer
        }
        switch answer {
        case .notHere: throw CommandFailure(.badInput, "there is no invoice \(id)")
        case .refused(_, let why): throw CommandFailure(.badInput, "invoice \(id) is not charged now: \(why)")
        case .ready(let invoice):
            try context.output.show(Moved(invoice: id, gateway: invoice.gateway)) {
                ["invoice \(id) is charged by the next pass: dunlin run --once, or the worker that runs"]
            }
            return .done
        }
    }
}

struct PaymentIntentsConfirm: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm", abstract: "Confirm a test payment: this moves (test) money.")

    @Argument(help: "The PaymentIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The data file's id of a payment method, or the gateway's.", valueName: "id"))
    var paymentMethod: String?
    @Option(help: .init("true while the customer is absent.", valueName: "bool"))
    var offSession: Bool?
    @Option(help: .init("Where the browser comes back to after a challenge.", valueName: "url"))
    var returnURL: String?
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            try await desk.requireMoneyByHand("a confirm by hand")
            try await desk.requireForeign(id, "dunlin payment-intents create --invoice N has it charged")
            let confirmation = IntentConfirmation(
                paymentMethodID: try await desk.gatewayMethodID(paymentMethod), isOffSession: offSession,
                returnURL: returnURL ?? (offSession == true ? nil : desk.settings.returnURL))
            return try await desk.showPayment(
                await desk.driver.confirm(id, confirmation, idempotencyKey: call.key, deadline: .none))
        }
    }
}

struct PaymentIntentsCancel: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a payment that collects no invoice. What is held is given back.")

    @Argument(help: "The PaymentIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("abandoned, duplicate, fraudulent or requested_by_customer.", valueName: "reason"))
    var reason = CancelReason.requestedByCustomer
    @OptionGroup var call: CallOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            try await desk.requireForeign(id, "end that debt, and its payment is canceled with it")
            let reply = await desk.driver.cancel(id, reason: reason, idempotencyKey: call.key)
            return try await desk.show(try await desk.value(reply))
        }
    }
}
