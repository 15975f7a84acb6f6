// Field by field the objects of API version 2026-07-29.dahlia.
extension World {
    func writeStripe(_ intent: PaymentIntent, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", intent.id)
            writer.field("object", "payment_intent")
            writer.field("amount", intent.amount)
            writer.field("amount_capturable", intent.amountCapturable)
            writer.object("amount_details") { $0.object("tip") { _ in } }
            writer.field("amount_received", intent.amountReceived)
            writer.null("application")
            writer.null("application_fee_amount")
            Self.write(intent.automaticPaymentMethods, to: &writer)
            writer.field("canceled_at", view.time(intent.canceledAt))
            writer.field("cancellation_reason", intent.cancellationReason)
            writer.field("capture_method", intent.captureMethod)
            writer.field("client_secret", intent.clientSecret)
            writer.field("confirmation_method", intent.confirmationMethod)
            writer.field("created", view.time(intent.created))
            writer.field("currency", intent.currency)
            writeReference("customer", intent.customer, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.null("customer_account")
            writer.field("description", intent.description)
            writer.null("excluded_payment_method_types")
            writeError("last_payment_error", intent.lastError, to: &writer, view)
            writeReference("latest_charge", intent.latestCharge, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("livemode", intent.livemode)
            writer.null("managed_payments")
            writer.field("metadata", intent.metadata.json)
            write(intent.nextAction, to: &writer)
            writer.null("on_behalf_of")
            writeReference("payment_method", intent.paymentMethod, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.null("payment_method_configuration_details")
            Self.writeOptions(intent.requestThreeDSecure, hasInstallments: true, to: &writer)
            writer.strings("payment_method_types", intent.paymentMethodTypes)
            writer.null("processing")
            writer.field("receipt_email", intent.receiptEmail)
            writer.null("review")
            writer.field("setup_future_usage", intent.setupFutureUsage)
            writer.field("shipping", intent.shipping)
            writer.null("source")
            writer.field("statement_descriptor", intent.statementDescriptor)
            writer.field("statement_descriptor_suffix", intent.statementDescriptorSuffix)
            writer.field("status", intent.status.rawValue)
            writer.null("transfer_data")
            writer.field("transfer_group", intent.transferGroup)
        }
    }

    private static func writeOptions(_ request: String, hasInstallments: Bool, to writer: inout JSONWriter) {
        writer.object("payment_method_options") { writer in
            writer.object("card") { writer in
                if hasInstallments { writer.null("installments") }
                writer.null("mandate_options")
                writer.null("network")
                writer.field("request_three_d_secure", request)
            }
        }
    }

    private static func write(_ automatic: AutomaticPaymentMethods?, to writer: inout JSONWriter) {
        guard let automatic else { return writer.null("automatic_payment_methods") }
        writer.object("automatic_payment_methods") { writer in
            writer.field("allow_redirects", automatic.allowsRedirects ? "always" : "never")
            writer.field("enabled", automatic.isEnabled)
        }
    }

    /// `last_payment_error` and `last_setup_error`: like the error of an answer.
    private func writeError(_ name: StaticString, _ error: IntentError?, to writer: inout JSONWriter, _ view: View) {
        guard let error else { return writer.null(name) }
        writer.object(name) { writer in
            if let decline = error.decline { Self.writeStripe(decline, to: &writer) }
            if let charge = error.chargeID { writer.field("charge", charge) }
            writer.field("code", error.code)
            writer.field("doc_url", "https://stripe.com/docs/error-codes/" + error.code.replacing("_", with: "-"))
            writer.field("message", error.message)
            if let parameter = error.decline?.parameter { writer.field("param", parameter) }
            if let method = error.paymentMethod {
                let inside = View(dialect: .stripe, quirks: view.quirks)
                writer.named("payment_method") { writeStripe(method, to: &$0, inside) }
            }
            writer.field("type", error.kind.rawValue)
        }
    }

    static func writeStripe(_ decline: CardDecline, to writer: inout JSONWriter) {
        if let advice = decline.advice { writer.field("advice_code", advice) }
        writer.field("decline_code", decline.declineCode)
        if let code = decline.networkAdviceCode { writer.field("network_advice_code", code) }
        if let code = decline.networkDeclineCode { writer.field("network_decline_code", code) }
    }

    private func write(_ action: NextAction?, to writer: inout JSONWriter) {
        guard let action else { return writer.null("next_action") }
        writer.object("next_action") { writer in
            guard !action.isForBrowserLibrary else {
                writer.field("type", "use_stripe_sdk")
                writer.object("use_stripe_sdk") { writer in
                    writer.field("type", "three_d_secure_redirect")
                    writer.field("stripe_js", url(of: action))
                }
                return
            }
            writer.object("redirect_to_url") { writer in
                writer.field("return_url", action.returnURL)
                writer.field("url", url(of: action))
            }
            writer.field("type", "redirect_to_url")
        }
    }

    func writeStripe(_ intent: SetupIntent, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", intent.id)
            writer.field("object", "setup_intent")
            writer.null("application")
            if intent.attachesToSelf { writer.field("attach_to_self", true) }
            Self.write(intent.automaticPaymentMethods, to: &writer)
            writer.field("cancellation_reason", intent.cancellationReason)
            writer.field("client_secret", intent.clientSecret)
            writer.field("created", view.time(intent.created))
            writeReference("customer", intent.customer, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.null("customer_account")
            writer.field("description", intent.description)
            writer.null("excluded_payment_method_types")
            if let directions = intent.flowDirections {
                writer.strings("flow_directions", directions)
            } else {
                writer.null("flow_directions")
            }
            writeError("last_setup_error", intent.lastError, to: &writer, view)
            writeReference("latest_attempt", intent.attempts.last, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("livemode", intent.livemode)
            writer.null("mandate")
            writer.field("metadata", intent.metadata.json)
            write(intent.nextAction, to: &writer)
            writer.null("on_behalf_of")
            writeReference("payment_method", intent.paymentMethod, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.null("payment_method_configuration_details")
            Self.writeOptions(intent.requestThreeDSecure, hasInstallments: false, to: &writer)
            writer.strings("payment_method_types", intent.paymentMethodTypes)
            writer.null("single_use_mandate")
            writer.field("status", intent.status.rawValue)
            writer.field("usage", intent.usage)
        }
    }

    func write(_ attempt: SetupAttempt, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", attempt.id)
            writer.field("object", "setup_attempt")
            writer.null("application")
            writer.field("created", view.time(attempt.created))
            writer.field("customer", attempt.setupIntent.customer?.id)
            writer.null("flow_directions")
            writer.field("livemode", attempt.livemode)
            writer.null("on_behalf_of")
            writer.field("payment_method", attempt.paymentMethod.id)
            writer.object("payment_method_details") { writer in
                writer.object("card") { $0.null("three_d_secure") }
                writer.field("type", "card")
            }
            writeError("setup_error", attempt.error, to: &writer, view)
            writer.field("setup_intent", attempt.setupIntent.id)
            writer.field("status", attempt.status)
            writer.field("usage", attempt.setupIntent.usage)
        }
    }
}
