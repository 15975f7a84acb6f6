import DunlinCalendar
import DunlinCore

/// Reads PaymentIntents of either dialect. The client secret is never read.
struct IntentDecoder: Sendable {
    let kind: GatewayKind
    let currencies: GatewayCurrencies
    let scrubber: Scrubber

    /// nil when this is no PaymentIntent, or one without an id or a status.
    func intent(_ json: JSON) -> IntentSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text else { return nil }
        if let object = json["object"].text, object != "payment_intent" { return nil }
        let lastError = json["last_payment_error"]
        let hasError = !lastError.isNull && lastError.opened != .object([:])
        return IntentSnapshot(
            id: id, status: IntentStatus(scrubber.cleanID(status)), amount: amount(json),
            customerID: cleanID(json["customer"]),
            paymentMethodID: cleanID(json["payment_method"]), isLive: json["livemode"].flag, metadata: metadata(json),
            latestCharge: kind == .stripe ? cleanID(json["latest_charge"]) : (hasError ? "error" : nil),
            lastDecline: hasError ? Decline(error: lastError, scrubber: scrubber) : nil,
            nextActionURL: nextActionURL(json["next_action"]), createdAt: json["created"].integer.flatMap(Self.instant))
    }

    private func cleanID(_ json: JSON) -> String? { json.id.map(scrubber.cleanID) }

    private func amount(_ json: JSON) -> Money? {
        guard let units = json["amount"].integer, let currency = json["currency"].text.flatMap({ Currency($0) }) else {
            return nil
        }
        return currencies.money(units: units, currency: currency)
    }

    private func metadata(_ json: JSON) -> IntentMetadata {
        var metadata = IntentMetadata(json["metadata"].opened.texts)
        if metadata.reference == nil { metadata.reference = json["merchant_order_id"].text }
        return metadata
    }

    /// The address in the member that `type` names, else in the first member that has one.
    private func nextActionURL(_ action: JSON) -> String? {
        guard case .object(let members) = action.opened else { return nil }
        if let type = action["type"].text, let url = address(in: action[type]) { return url }
        return members.sorted { $0.key < $1.key }.lazy.compactMap { address(in: $0.value) }.first
    }

    private func address(in member: JSON) -> String? {
        ["url", "normalUrl"].lazy.compactMap { name in member[name].text }.first
    }

    /// Seconds, or milliseconds where the number is too large to be seconds (wooshpay.md 1.8).
    private static func instant(_ value: Int64) -> Instant? {
        guard value > 0 else { return nil }
        return value >= 100_000_000_000 ? Instant(milliseconds: value) : Instant(seconds: value)
    }
}
