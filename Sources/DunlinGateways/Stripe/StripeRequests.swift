import DunlinCalendar
import DunlinCore

/// Stripe's request bodies: form-encoded, arrays indexed, the documented minimum (stripe.md 0.1 and 1.1).
struct StripeRequests: ProcessorRequests {
    let version: StripeVersion
    let currencies: GatewayCurrencies

    /// - Parameter confirm: true for `one_call`.
    func create(_ request: IntentRequest, units: Int64, confirm: Bool) -> [UInt8] {
        var fields: [(String, String)] = [
            ("amount", String(units)), ("currency", request.amount.currency.code.lowercased()),
            ("customer", request.customerID), ("payment_method", request.paymentMethodID), version.cardsOnly,
        ]
        if confirm { fields += [("off_session", "true"), ("confirm", "true")] }
        if let description = request.description { fields.append(("description", description)) }
        if let suffix = request.statementSuffix { fields.append(("statement_descriptor_suffix", suffix)) }
        fields += request.metadata.pairs.map { ("metadata[\($0.key)]", $0.value) }
        return Self.body(fields)
    }

    /// Names the method again: a debt that is tried once more may have another card than the intent was made with.
    func confirm(_ request: IntentRequest) -> [UInt8] {
        Self.body([("payment_method", request.paymentMethodID), ("off_session", "true")])
    }

    func list(_ query: IntentQuery, startingAfter cursor: String?) -> String {
        var fields: [(String, String)] = []
        if let customer = query.customerID { fields.append(("customer", customer)) }
        fields.append(("created[gte]", String(query.createdFrom.seconds)))
        fields.append(("limit", String(ListPages.pageSize)))
        if let cursor { fields.append(("starting_after", cursor)) }
        return PercentEncoding.pairs(fields)
    }

    func search(reference: String, page: String?) -> String {
        var fields = [
            ("query", "metadata[\"dunlin_reference\"]:\"\(reference)\""), ("limit", String(ListPages.pageSize)),
        ]
        if let page { fields.append(("page", page)) }
        return PercentEncoding.pairs(fields)
    }

    func refund(_ request: RefundRequest, units: Int64) -> [UInt8] {
        Self.body(
            [
                ("payment_intent", request.intentID), ("amount", String(units)), ("reason", request.reason.rawValue),
            ] + request.metadata.pairs.map { ("metadata[\($0.key)]", $0.value) })
    }

    func page(after cursor: String?) -> String { page([], after: cursor) }

    /// A page of a list, after the given fields.
    func page(_ fields: [(String, String)], after cursor: String?) -> String {
        var fields = fields + [("limit", String(ListPages.pageSize))]
        if let cursor { fields.append(("starting_after", cursor)) }
        return PercentEncoding.pairs(fields)
    }

    static func body(_ fields: [(String, String)]) -> [UInt8] {
        Array(PercentEncoding.pairs(fields, keepingInNames: "[]").utf8)
    }
}
