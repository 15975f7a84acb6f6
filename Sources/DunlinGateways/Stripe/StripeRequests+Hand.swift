import DunlinCore

/// Bodies of PaymentIntents in session or by hand (stripe.md 1.1 and 1.4).
extension StripeRequests {
    func create(_ request: HandIntentRequest, units: Int64) -> [UInt8] {
        var form = FormWriter()
        form.add("amount", String(units))
        form.add("currency", request.amount.currency.code.lowercased())
        form.add("customer", request.customerID)
        form.add("payment_method", request.paymentMethodID)
        form.add(version.cardsOnly)
        if request.confirms {
            form.add("off_session", request.isOffSession)
            form.add("confirm", true)
            form.add("return_url", request.returnURL)
        }
        form.add("description", request.description)
        form.add("metadata[dunlin_reference]", request.reference)
        form.add(request.metadata)
        return form.body
    }

    func update(_ change: IntentChange) -> [UInt8] {
        var form = FormWriter()
        form.add("payment_method", change.paymentMethodID)
        form.add("description", change.description)
        form.add(change.metadata)
        return form.body
    }

    func confirm(_ confirmation: IntentConfirmation) -> [UInt8] {
        var form = FormWriter()
        form.add("payment_method", confirmation.paymentMethodID)
        form.add("off_session", confirmation.isOffSession)
        form.add("return_url", confirmation.returnURL)
        return form.body
    }

    func cancel(_ reason: CancelReason) -> [UInt8] {
        var form = FormWriter()
        form.add("cancellation_reason", reason.rawValue)
        return form.body
    }
}
