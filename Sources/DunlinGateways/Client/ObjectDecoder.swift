import DunlinCalendar
import DunlinCore

/// Reads the objects of either dialect. A PaymentIntent's client secret is never read.
struct ObjectDecoder: Sendable {
    let kind: GatewayKind
    let currencies: GatewayCurrencies
    let scrubber: Scrubber

    var intents: ObjectReader<IntentSnapshot> {
        ObjectReader(name: "PaymentIntent", read: intent, id: \.id)
    }

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
            nextActionURL: nextAction(json["next_action"])?.url, createdAt: instant(json["created"]))
    }

    func cleanID(_ json: JSON) -> String? { json.id.map(scrubber.cleanID) }

    func amount(_ json: JSON) -> Money? {
        guard let units = json["amount"].integer, let currency = json["currency"].text.flatMap({ Currency($0) }) else {
            return nil
        }
        return currencies.money(units: units, currency: currency)
    }

    func metadata(_ json: JSON) -> IntentMetadata {
        var metadata = IntentMetadata(json["metadata"].opened.texts)
        if metadata.reference == nil { metadata.reference = json["merchant_order_id"].text }
        return metadata
    }

    /// Seconds, or milliseconds where the number is too large to be seconds (wooshpay.md 1.8).
    func instant(_ json: JSON) -> Instant? {
        guard let value = json.integer, value > 0 else { return nil }
        return value >= 100_000_000_000 ? Instant(milliseconds: value) : Instant(seconds: value)
    }
}
