import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// A PaymentIntent as a command shows it.
struct PaymentIntentView: Encodable, Sendable {
    let id: String
    let gateway: String
    let status: String
    let amount: String?
    let currency: String?
    let customer: String?
    let paymentMethod: String?
    let livemode: Bool?
    let reference: String?
    let subscription: String?
    let period: String?
    let latestCharge: String?
    let lastPaymentError: ErrorView?
    let nextActionUrl: String?
    let createdAt: String?
    /// The invoice that it collects, by the data file.
    var invoice: Int64?

    init(_ intent: IntentSnapshot, gateway: String, invoice: Int64? = nil) {
        id = intent.id
        self.gateway = gateway
        status = intent.status.text
        amount = intent.amount?.majorUnits
        currency = intent.amount?.currency.code
        customer = intent.customerID
        paymentMethod = intent.paymentMethodID
        livemode = intent.isLive
        reference = intent.metadata.reference
        subscription = intent.metadata.subscriptionID
        period = intent.metadata.period
        latestCharge = intent.latestCharge
        lastPaymentError = intent.lastDecline.map(ErrorView.init)
        nextActionUrl = intent.nextActionURL
        createdAt = intent.createdAt?.rfc3339Seconds
        self.invoice = invoice
    }

    /// For people.
    var lines: [String] {
        var lines = ["\(id)  \(status)"]
        func add(_ name: String, _ value: String?) { if let value { lines.append("  \(name): \(value)") } }
        add("amount", amount.map { "\($0) \(currency ?? "")" })
        add("customer", customer)
        add("payment method", paymentMethod)
        add("reference", reference)
        add("invoice", invoice.map { "\($0) (dunlin invoices show \($0))" })
        add("latest charge", latestCharge)
        add("error", lastPaymentError?.text)
        if status == IntentStatus.requiresCapture.text {
            add("held", "the money is held and not collected: capture it in the gateway's dashboard, or cancel")
        }
        if let nextActionUrl {
            add("next", "send the customer's browser there; its return proves nothing")
            add("url", nextActionUrl)
        }
        return lines
    }
}

extension GatewayDesk {
    /// The invoice that an intent of the gateway collects.
    func invoice(of intentID: String) async throws -> Int64? {
        let name = name
        return try await database.read { tx in try Intents.find(gateway: name, gatewayID: intentID, tx)?.invoiceID }
    }

    func show(_ intent: IntentSnapshot) async throws -> ExitStatus {
        let view = PaymentIntentView(intent, gateway: name, invoice: try await invoice(of: intent.id))
        try context.output.show(view) { view.lines }
        return .done
    }

    /// Shows what came of a call that moves money: a decline is an answer, and is shown as the intent it is about.
    func showPayment(_ reply: GatewayReply<IntentSnapshot>) async throws -> ExitStatus {
        if case .declined(var intent?, let decline) = reply.result {
            intent.lastDecline = intent.lastDecline ?? decline
            let shown = GatewayReply<IntentSnapshot>(.value(intent), exchanges: reply.exchanges)
            return try await show(try await value(shown))
        }
        return try await show(try await value(reply, movesMoney: true))
    }

    /// Refuses what the ledger does itself.
    func requireForeign(_ intentID: String, _ otherwise: String) async throws {
        if let invoice = try await invoice(of: intentID) {
            throw CommandFailure(.badInput, "\(intentID) collects invoice \(invoice): \(otherwise)")
        }
    }
}
