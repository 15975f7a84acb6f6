import DunlinCore

/// WooshPay's request bodies: JSON, upper-case currency, the debt's reference as `merchant_order_id` (wooshpay.md 2.4).
struct WooshPayRequests: ProcessorRequests {
    let returnURL: String?
    let offSessionField: String

    func create(_ request: IntentRequest, units: Int64, confirm: Bool) -> [UInt8] {
        var body = JSONWriter()
        body.add("amount", units)
        body.add("currency", request.amount.currency.code)
        body.add("customer", request.customerID)
        body.add("payment_method", request.paymentMethodID)
        if confirm {
            body.add("confirm", true)
            body.add(offSessionField, true)
            body.add("return_url", returnURL)
        }
        body.add("merchant_order_id", request.metadata.reference)
        body.add("description", request.description)
        body.add("metadata", object: request.metadata.pairs)
        return Array(body.finished.utf8)
    }

    func confirm(_ request: IntentRequest) -> [UInt8] {
        var body = JSONWriter()
        body.add("payment_method", request.paymentMethodID)
        body.add(offSessionField, true)
        body.add("return_url", returnURL)
        return Array(body.finished.utf8)
    }

    /// The reason is required, and is free text.
    func cancel() -> [UInt8] {
        var body = JSONWriter()
        body.add("cancellation_reason", "abandoned")
        return Array(body.finished.utf8)
    }

    /// The amount is a string here (wooshpay.md 2.5).
    func refund(_ request: RefundRequest, units: Int64) -> [UInt8] {
        var body = JSONWriter()
        body.add("payment_intent", request.intentID)
        body.add("amount", String(units))
        body.add("reason", request.reason.rawValue)
        body.add("metadata", object: request.metadata.pairs)
        return Array(body.finished.utf8)
    }

    /// Cursors are documented for other lists only; a list that does not know them gives the same page again.
    func page(after cursor: String?) -> String {
        var fields = [("limit", String(ListPages.pageSize))]
        if let cursor { fields.append(("starting_after", cursor)) }
        return PercentEncoding.pairs(fields)
    }

    func search(reference: String, limit: Int, startingAfter cursor: String?) -> String {
        var fields = [("query", "merchant_order_id:'\(reference)'"), ("limit", String(limit))]
        if let cursor { fields.append(("starting_after", cursor)) }
        return PercentEncoding.pairs(fields)
    }
}
