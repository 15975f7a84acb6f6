/// The object that an event tells of.
enum EventSubject {
    case customer(Customer)
    case paymentMethod(PaymentMethod)
    case paymentIntent(PaymentIntent)
    case setupIntent(SetupIntent)
    case charge(Charge)
    case refund(Refund)
    case dispute(Dispute)
    case checkoutSession(CheckoutSession)
    case payout(Payout)
    case fraudWarning(Charge, id: String)

    var header: RecordHeader {
        switch self {
        case .customer(let record): record.header
        case .paymentMethod(let record): record.header
        case .paymentIntent(let record): record.header
        case .setupIntent(let record): record.header
        case .charge(let record), .fraudWarning(let record, id: _): record.header
        case .refund(let record): record.header
        case .dispute(let record): record.header
        case .checkoutSession(let record): record.header
        case .payout(let record): record.header
        }
    }
}

extension World {
    /// The types of WooshPay's table and guides; all others exist only at Stripe.
    private static let wooshPayTypes: Set<String> = [
        "charge.captured", "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.refund.updated",
        "checkout.session.expired", "payment_intent.amount_capturable_updated", "payment_intent.canceled",
        "payment_intent.created", "payment_intent.payment_failed", "payment_intent.processing",
        "payment_intent.requires_action", "payment_intent.succeeded", "setup_intent.created",
        "setup_intent.succeeded",
    ]

    /// Notes that something happened, and queues a delivery for every endpoint that wants to know.
    ///
    /// - Parameters:
    ///   - call: the request that caused it; nil where it happened by itself.
    ///   - previous: the old values of changed fields, as JSON.
    func emit(_ type: String, _ subject: EventSubject, _ call: Call?, previous: [UInt8]? = nil) {
        guard options.makesEvents else { return }
        let header = subject.header
        guard header.dialect == .stripe || Self.wooshPayTypes.contains(type) else { return }
        let event = Event(
            self.header("evt", header.dialect, livemode: header.livemode), type: type, content: content(subject),
            previousAttributes: previous, requestID: call?.requestID, idempotencyKey: call?.idempotencyKey)
        events.insert(event)
        for endpoint in webhookEndpoints.records(header.dialect) where endpoint.wants(type) {
            event.pendingWebhooks += 1
            outbox.add(event, to: endpoint, now: now)
        }
    }

    private func content(_ subject: EventSubject) -> Event.Content {
        switch subject {
        case .paymentIntent(let intent): return .paymentIntent(intent.copy())
        case .charge(let charge): return .charge(charge.copy())
        default:
            let view = View(dialect: subject.header.dialect, quirks: options.quirks)
            return .written(written { write(subject, to: &$0, view) })
        }
    }

    func writeObject(of event: Event, to writer: inout JSONWriter) {
        let view = View(dialect: event.dialect, quirks: options.quirks)
        switch event.content {
        case .written(let json): writer.raw("object", json)
        case .paymentIntent(let intent): writer.named("object") { write(intent, to: &$0, view) }
        case .charge(let charge): writer.named("object") { write(charge, to: &$0, view) }
        }
    }

    private func write(_ subject: EventSubject, to writer: inout JSONWriter, _ view: View) {
        switch subject {
        case .customer(let record): write(record, to: &writer, view)
        case .paymentMethod(let record): write(record, to: &writer, view)
        case .paymentIntent(let record): write(record, to: &writer, view)
        case .setupIntent(let record): write(record, to: &writer, view)
        case .charge(let record): write(record, to: &writer, view)
        case .refund(let record): write(record, to: &writer, view)
        case .dispute(let record): write(record, to: &writer, view)
        case .checkoutSession(let record): write(record, to: &writer, view)
        case .payout(let record): write(record, to: &writer)
        case .fraudWarning(let charge, let id): writeFraudWarning(charge, id: id, to: &writer)
        }
    }

    func listEvents(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["type", "types", "delivery_success"])
        var types = try call.parameters.strings("types")
        if let type = try call.parameters.string("type") { types = [type] }
        let delivered = try call.parameters.boolean("delivery_success")
        let page = try page(
            events.records(call.dialect), query, kind: "event", cursor: events
        ) { event in
            event.livemode == call.livemode && isReadable(event)
                && (types?.contains { EventPattern.matches($0, event.type) } ?? true)
                && (delivered == nil || (event.pendingWebhooks == 0) == delivered)
        }
        return try listReply(page, call) { event, writer, view in self.write(event, to: &writer, view) }
    }

    func retrieveEvent(_ call: Call) throws(SandboxFailure) -> Reply {
        guard let event = events[call.id], event.livemode == call.livemode, isReadable(event) else {
            throw .noSuch("event", call.id, parameter: "id")
        }
        let view = try call.view()
        return Reply(body: written { write(event, to: &$0, view) })
    }

    private func isReadable(_ event: Event) -> Bool { now - event.created <= options.eventHorizonMilliseconds }
}

/// Names of event types with a star: `charge.*`.
enum EventPattern {
    static func matches(_ pattern: String, _ type: String) -> Bool {
        if pattern == "*" { return true }
        guard pattern.hasSuffix(".*") else { return pattern == type }
        return type.hasPrefix(pattern.dropLast())
    }
}

extension WebhookEndpoint {
    func wants(_ type: String) -> Bool { isEnabled && enabledEvents.contains { EventPattern.matches($0, type) } }
}
