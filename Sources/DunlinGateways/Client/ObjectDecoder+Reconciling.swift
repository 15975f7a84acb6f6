import DunlinCore

extension ObjectDecoder {
    var charges: ObjectReader<ChargeSnapshot> { ObjectReader(name: "Charge", read: charge, id: \.id) }

    var balanceTransactions: ObjectReader<BalanceTransactionSnapshot> {
        ObjectReader(name: "balance transaction", read: balanceTransaction, id: \.id)
    }

    var payouts: ObjectReader<PayoutSnapshot> { ObjectReader(name: "Payout", read: payout, id: \.id) }

    /// nil when this is no charge, or one without an id or a status.
    func charge(_ json: JSON) -> ChargeSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text else { return nil }
        if let object = json["object"].text, object != "charge" { return nil }
        return ChargeSnapshot(
            id: id, status: scrubber.cleanID(status), isCaptured: json["captured"].flag ?? true, amount: amount(json),
            refundedMinor: money(json, "amount_refunded")?.minorUnits ?? 0, isDisputed: json["disputed"].flag ?? false,
            intentID: cleanID(json["payment_intent"]), customerID: cleanID(json["customer"]),
            isLive: json["livemode"].flag, metadata: metadata(json), createdAt: instant(json["created"]))
    }

    /// nil when this is no balance transaction, or one whose sums cannot be read.
    func balanceTransaction(_ json: JSON) -> BalanceTransactionSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let gross = money(json, "amount"),
            let fee = money(json, "fee"), let net = money(json, "net")
        else { return nil }
        return BalanceTransactionSnapshot(
            id: id, type: scrubber.cleanID(json["type"].text ?? "unknown"), sourceID: cleanID(json["source"]),
            gross: gross, feeMinor: fee.minorUnits, netMinor: net.minorUnits,
            availableOn: instant(json["available_on"]), createdAt: instant(json["created"]))
    }

    /// nil when this is no payout, or one without an id, a status or an amount.
    func payout(_ json: JSON) -> PayoutSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text,
            let amount = money(json, "amount")
        else { return nil }
        return PayoutSnapshot(
            id: id, status: scrubber.cleanID(status), amount: amount, isAutomatic: json["automatic"].flag ?? false,
            arrivesOn: instant(json["arrival_date"]), createdAt: instant(json["created"]))
    }

    private func money(_ json: JSON, _ member: String) -> Money? {
        guard let units = json[member].integer, let currency = json["currency"].text.flatMap({ Currency($0) }) else {
            return nil
        }
        return currencies.money(units: units, currency: currency)
    }
}
