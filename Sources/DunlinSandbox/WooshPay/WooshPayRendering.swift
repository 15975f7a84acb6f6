// The objects of WooshPay's samples: milliseconds, upper-case currencies, null members left out.
extension World {
    func writeWooshPay(_ customer: Customer, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", customer.id)
            writer.field("object", "customer")
            guard !customer.isDeleted else { return writer.field("deleted", true) }
            writer.field("created", customer.created)
            writer.field("livemode", customer.livemode)
            writer.field("address", customer.address.isNull ? .object([]) : customer.address)
            writer.optional("description", customer.description)
            writer.optional("email", customer.email)
            writer.optional("name", customer.name)
            writer.optional("phone", customer.phone)
            if !customer.shipping.isNull { writer.field("shipping", customer.shipping) }
            writer.field("metadata", customer.metadata.json)
        }
    }

    func writeWooshPay(_ method: PaymentMethod, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", method.id)
            writer.field("object", "payment_method")
            writer.field("created", method.created)
            writer.optional("customer", method.customer?.id)
            writer.field("metadata", method.metadata.json)
            writer.field("livemode", method.livemode)
            writer.object("billing_details") { writer in
                let details = method.billingDetails
                writer.field("address", details.address.isNull ? .object([]) : details.address)
                writer.optional("email", details.email)
                writer.optional("name", details.name)
                writer.optional("phone", details.phone)
            }
            writer.field("type", "card")
            writer.object("card") { writer in
                writer.field("brand", Self.wooshPayBrand(method.brand))
                writer.object("checks") { $0.field("cvc_check", method.hasVerificationCode ? "pass" : "unchecked") }
                writer.field("country", "US")
                writer.field("exp_month", method.expiryMonth)
                writer.field("exp_year", method.expiryYear)
                writer.field("fingerprint", method.fingerprint)
                writer.field("funding", method.funding)
                writer.field("last4", method.lastFour)
            }
        }
    }

    private static func wooshPayBrand(_ brand: String) -> String {
        let names = [
            "amex": "American Express", "diners": "Diners Club", "discover": "Discover", "jcb": "JCB",
            "mastercard": "MasterCard", "unionpay": "UnionPay", "visa": "Visa",
        ]
        return names[brand] ?? "Unknown"
    }

    func writeWooshPay(_ intent: PaymentIntent, to writer: inout JSONWriter, _ view: View) {
        let quirks = view.quirks
        writer.object { writer in
            writer.field("id", intent.id)
            writer.field("object", "payment_intent")
            writer.field("created", intent.created)
            writer.field("amount", intent.amount)
            writer.field("amount_capturable", intent.amountCapturable)
            writer.field("amount_received", quirks.nullAmountReceived ? nil : intent.amountReceived)
            writer.field("currency", intent.currency.uppercased())
            writer.field("status", intent.status.rawValue)
            writer.text("customer", intent.customer?.id, quirks)
            writer.optional("description", intent.description)
            writer.field("metadata", intent.metadata.json)
            writer.field("livemode", intent.livemode)
            if !intent.shipping.isNull { writer.field("shipping", intent.shipping) }
            writer.optional("merchant_order_id", intent.merchantOrderID)
            writer.optional("merchant_user_id", intent.merchantUserID)
            if let quantity = intent.quantity { writer.field("quantity", quantity) }
            writer.field("client_secret", intent.clientSecret)
            writeWooshPayError("last_payment_error", intent.lastError, to: &writer)
            write(intent.nextAction, to: &writer, quirks)
            Self.writeTypes(intent.paymentMethodTypes, to: &writer, quirks)
            Self.writeOptions(intent.requestThreeDSecure, usage: intent.setupFutureUsage, to: &writer, quirks)
            writer.text("payment_method", intent.paymentMethod?.id, quirks)
            writer.optional("return_url", intent.returnURL)
            writer.field("capture_method", intent.captureMethod == "manual" ? "manual" : "automatic")
            writer.field("confirmation_method", intent.confirmationMethod)
            writer.optional("setup_future_usage", intent.setupFutureUsage)
            if quirks.emptyStrings { writer.field("cancel_at", "") }
            writer.optional("cancellation_reason", intent.cancellationReason)
            if let canceledAt = intent.canceledAt { writer.field("canceled_at", canceledAt) }
        }
    }

    func writeWooshPay(_ intent: SetupIntent, to writer: inout JSONWriter, _ view: View) {
        let quirks = view.quirks
        writer.object { writer in
            writer.field("id", intent.id)
            writer.field("object", "setup_intent")
            writer.field("created", intent.created)
            writer.field("livemode", intent.livemode)
            writer.field("status", intent.status.rawValue)
            writer.field("metadata", intent.metadata.json)
            writer.text("customer", intent.customer?.id, quirks)
            writer.optional("description", intent.description)
            writer.field("client_secret", intent.clientSecret)
            writer.optional("cancellation_reason", intent.cancellationReason)
            writer.optional("latest_attempt", intent.attempts.last?.id)
            writeWooshPayError("last_setup_error", intent.lastError, to: &writer)
            write(intent.nextAction, to: &writer, quirks)
            Self.writeTypes(intent.paymentMethodTypes, to: &writer, quirks)
            // Their sample shows off_session whatever the usage asked for.
            Self.writeOptions(intent.requestThreeDSecure, usage: "off_session", to: &writer, quirks)
            writer.optional("return_url", intent.returnURL)
            writer.text("payment_method", intent.paymentMethod?.id, quirks)
        }
    }

    private func writeWooshPayError(_ name: StaticString, _ error: IntentError?, to writer: inout JSONWriter) {
        guard let error else { return }
        writer.object(name) { writer in
            writer.field("code", error.code)
            writer.optional("decline_code", error.decline?.declineCode)
            writer.field("message", error.message)
            writer.optional("param", error.decline?.parameter)
            if let method = error.paymentMethod {
                writer.named("payment_method") { writeWooshPay(method, to: &$0) }
                writer.field("payment_method_type", "card")
            }
            writer.field("type", error.kind.rawValue)
        }
    }

    private func write(_ action: NextAction?, to writer: inout JSONWriter, _ quirks: WooshPayQuirks) {
        guard let action else {
            if quirks.emptyStrings { writer.field("next_action", "") }
            return
        }
        let redirect = JSONValue.object([
            .init("url", .string(url(of: action))), .init("return_url", .string(action.returnURL ?? "")),
        ])
        guard quirks.stringifiedJSON else {
            return writer.field(
                "next_action",
                .object([.init("type", .string("challenge_redirect")), .init("challenge_redirect", redirect)]))
        }
        // The samples that hold a string leave `type` out.
        let text = JSONValue.object([.init("challenge_redirect", redirect)]).bytes
        writer.field("next_action", String(decoding: text, as: UTF8.self))
    }

    private static func writeTypes(_ types: [String], to writer: inout JSONWriter, _ quirks: WooshPayQuirks) {
        let value = JSONValue.array(types.map { .string($0) })
        writer.field("payment_method_types", quirks.stringifiedJSON ? stringified(value) : value)
    }

    private static func writeOptions(
        _ request: String, usage: String?, to writer: inout JSONWriter, _ quirks: WooshPayQuirks
    ) {
        var card = [JSONValue.Member("request_three_d_secure", .string(request == "automatic" ? "auto" : request))]
        if let usage { card.append(JSONValue.Member("setup_future_usage", .string(usage))) }
        let value = JSONValue.object([.init("card", .object(card))])
        writer.field("payment_method_options", quirks.stringifiedJSON ? stringified(value) : value)
    }

    private static func stringified(_ value: JSONValue) -> JSONValue {
        .string(String(decoding: value.bytes, as: UTF8.self))
    }

    func writeWooshPay(_ refund: Refund, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", refund.id)
            writer.field("object", "refund")
            writer.field("amount", refund.amount)
            writer.field("created", refund.created)
            writer.field("currency", refund.charge.currency.uppercased())
            writer.field("metadata", refund.metadata.json)
            writer.field("payment_intent", refund.charge.paymentIntent.id)
            writer.optional("reason", refund.reason)
            writer.field("status", refund.status)
            writer.optional("failure_reason", refund.failureReason)
        }
    }

    func writeWooshPay(_ session: CheckoutSession, to writer: inout JSONWriter) {
        let intent = session.setupIntent
        writer.object { writer in
            writer.field("id", session.id)
            writer.field("object", "checkout.session")
            writer.field("created", session.created)
            writer.field("livemode", session.livemode)
            writer.field("live_mode", session.livemode)
            writer.optional("customer", intent.customer?.id)
            if let customer = intent.customer {
                writer.named("customer_details") { writeWooshPay(customer, to: &$0) }
            }
            writer.field("metadata", session.metadata.json)
            writer.field("mode", "setup")
            writer.field("status", session.status)
            writer.field("url", baseURL + Self.checkoutPath + session.id)
            writer.field("expires_at", session.expiresAt)
            writer.strings("payment_method_types", intent.paymentMethodTypes)
            writer.field("setup_intent", intent.id)
            writer.optional("success_url", session.successURL)
            writer.optional("cancel_url", session.cancelURL)
        }
    }
}

extension JSONWriter {
    /// Leaves the member out where there is no value.
    fileprivate mutating func optional(_ name: StaticString, _ value: String?) {
        if let value { field(name, value) }
    }

    /// Leaves it out, or writes an empty string where the quirk wants one.
    fileprivate mutating func text(_ name: StaticString, _ value: String?, _ quirks: WooshPayQuirks) {
        if value != nil || quirks.emptyStrings { field(name, value ?? "") }
    }
}
