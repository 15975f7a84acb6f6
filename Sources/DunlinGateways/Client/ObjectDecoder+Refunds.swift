import DunlinCore

extension ObjectDecoder {
    var refunds: ObjectReader<RefundSnapshot> { ObjectReader(name: "Refund", read: refund, id: \.id) }

    /// nil when this is no refund, or one without an id or a status.
    func refund(_ json: JSON) -> RefundSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text else { return nil }
        if let object = json["object"].text, object != "refund" { return nil }
        return RefundSnapshot(
            id: id, status: RefundStatus(scrubber.cleanID(status)), amount: amount(json),
            intentID: cleanID(json["payment_intent"]), chargeID: cleanID(json["charge"]),
            reason: json["reason"].text.map(scrubber.clean),
            failureReason: json["failure_reason"].text.map(scrubber.clean),
            metadata: IntentMetadata(json["metadata"].opened.texts), createdAt: instant(json["created"]))
    }
}
