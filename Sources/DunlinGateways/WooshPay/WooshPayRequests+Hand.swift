import DunlinCore

/// Bodies of PaymentIntents in session or by hand (wooshpay.md 2.4), members in the order of seed 001.
extension WooshPayRequests {
    func create(_ request: HandIntentRequest, units: Int64) -> [UInt8] {
        var body = JSONWriter()
        body.add("amount", units)
        body.add("currency", request.amount.currency.code)
        if request.confirms {
            body.add("confirm", true)
            body.add(offSessionField, request.isOffSession)
        }
        body.add("customer", request.customerID)
        body.add("payment_method", request.paymentMethodID)
        if request.confirms { body.add("return_url", request.returnURL ?? returnURL) }
        body.add("merchant_order_id", request.reference)
        body.add("description", request.description)
        body.add(request.metadata)
        return body.body
    }

    func update(_ change: IntentChange) -> [UInt8] {
        var body = JSONWriter()
        body.add("payment_method", change.paymentMethodID)
        body.add("description", change.description)
        body.add(change.metadata)
        return body.body
    }

    func confirm(_ confirmation: IntentConfirmation) -> [UInt8] {
        var body = JSONWriter()
        body.add("payment_method", confirmation.paymentMethodID)
        body.add(offSessionField, confirmation.isOffSession)
        body.add("return_url", confirmation.returnURL ?? returnURL)
        return body.body
    }

    /// The reason is required, and is free text.
    func cancel(_ reason: CancelReason) -> [UInt8] {
        var body = JSONWriter()
        body.add("cancellation_reason", reason.rawValue)
        return body.body
    }
}
