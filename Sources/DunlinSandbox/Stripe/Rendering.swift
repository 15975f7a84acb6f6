// How objects are written: the dialect of the view decides.
extension World {
    func write(_ customer: Customer, to writer: inout JSONWriter, _ view: View) {
        switch view.dialect {
        case .stripe: writeStripe(customer, to: &writer, view)
        case .wooshpay: writeWooshPay(customer, to: &writer)
        }
    }

    func write(_ method: PaymentMethod, to writer: inout JSONWriter, _ view: View) {
        switch view.dialect {
        case .stripe: writeStripe(method, to: &writer, view)
        case .wooshpay: writeWooshPay(method, to: &writer)
        }
    }

    func write(_ intent: PaymentIntent, to writer: inout JSONWriter, _ view: View) {
        switch view.dialect {
        case .stripe: writeStripe(intent, to: &writer, view)
        case .wooshpay: writeWooshPay(intent, to: &writer, view)
        }
    }

    func write(_ intent: SetupIntent, to writer: inout JSONWriter, _ view: View) {
        switch view.dialect {
        case .stripe: writeStripe(intent, to: &writer, view)
        case .wooshpay: writeWooshPay(intent, to: &writer, view)
        }
    }

    func write(_ refund: Refund, to writer: inout JSONWriter, _ view: View) {
        switch view.dialect {
        case .stripe: writeStripe(refund, to: &writer, view)
        case .wooshpay: writeWooshPay(refund, to: &writer)
        }
    }

    func write(_ session: CheckoutSession, to writer: inout JSONWriter, _ view: View) {
        switch view.dialect {
        case .stripe: writeStripe(session, to: &writer, view)
        case .wooshpay: writeWooshPay(session, to: &writer)
        }
    }

    func write(_ event: Event, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", event.id)
            writer.field("object", "event")
            if view.dialect == .stripe { writer.field("api_version", StripeVersion.pinned.name) }
            writer.field("created", view.time(event.created))
            writer.field("livemode", event.livemode)
            writer.object("data") { writer in
                writeObject(of: event, to: &writer)
                if let previous = event.previousAttributes { writer.raw("previous_attributes", previous) }
            }
            if view.dialect == .stripe { writer.field("pending_webhooks", event.pendingWebhooks) }
            writer.object("request") { writer in
                writer.field("id", event.requestID)
                writer.field("idempotency_key", event.idempotencyKey)
            }
            writer.field("type", event.type)
        }
    }

    func write(_ endpoint: WebhookEndpoint, to writer: inout JSONWriter, showsSecret: Bool) {
        let view = View(dialect: endpoint.dialect, quirks: options.quirks)
        writer.object { writer in
            writer.field("id", endpoint.id)
            writer.field("object", "webhook_endpoint")
            writer.field("api_version", endpoint.apiVersion)
            writer.field("created", view.time(endpoint.created))
            writer.field("description", endpoint.description)
            writer.strings("enabled_events", endpoint.enabledEvents)
            writer.field("livemode", endpoint.livemode)
            writer.field("metadata", endpoint.metadata.json)
            if showsSecret { writer.field("secret", endpoint.secret) }
            writer.field("status", endpoint.isEnabled ? "enabled" : "disabled")
            writer.field("url", endpoint.url)
        }
    }

    /// Writes a reference as an id, or as the object where the request wants it written out.
    func writeReference<Record: SandboxRecord>(
        _ name: StaticString, _ record: Record?, to writer: inout JSONWriter, _ view: View,
        write: (Record, inout JSONWriter, View) -> Void
    ) {
        guard !view.expansion.children.isEmpty, let record else { return writer.field(name, record?.id) }
        let key = name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        guard let inside = view.inside(key) else { return writer.field(name, record.id) }
        writer.named(name) { write(record, &$0, inside) }
    }
}

extension View {
    /// An instant in the dialect's unit: seconds at Stripe, milliseconds at WooshPay.
    func time(_ milliseconds: Int64) -> Int64 {
        dialect == .stripe ? CivilDate.seconds(milliseconds) : milliseconds
    }

    func time(_ milliseconds: Int64?) -> Int64? { milliseconds.map { time($0) } }
}
