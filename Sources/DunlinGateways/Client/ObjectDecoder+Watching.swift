import DunlinCore

extension ObjectDecoder {
    var disputes: ObjectReader<DisputeSnapshot> { ObjectReader(name: "Dispute", read: dispute, id: \.id) }

    /// The dispute that an event is about.
    var disputesInEvents: ObjectReader<DisputeSnapshot> {
        ObjectReader(name: "event about a dispute", read: { dispute($0["data"]["object"]) }, id: \.id)
    }

    /// An event that cannot be read whole is one of a type that billing does not need: one of them may not keep all
    /// others from being read.
    var events: ObjectReader<GatewayEvent> {
        ObjectReader(
            name: "event",
            read: { json in
                if let event = try? EventParser.event(json) { return event }
                return EventParser.token(json["id"].text).map { GatewayEvent(id: $0, type: "unreadable") }
            }, id: \.id)
    }

    var standings: ObjectReader<CustomerStanding> { ObjectReader(name: "Customer", read: standing, id: \.id) }
    var mandates: ObjectReader<MandateSnapshot> { ObjectReader(name: "Mandate", read: mandate, id: \.id) }

    /// nil when this is no dispute, or one without an id or a status.
    func dispute(_ json: JSON) -> DisputeSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text else { return nil }
        if let object = json["object"].text, object != "dispute" { return nil }
        return DisputeSnapshot(
            id: id, status: scrubber.cleanID(status), amount: amount(json), intentID: cleanID(json["payment_intent"]),
            reason: json["reason"].text.map(scrubber.clean), createdAt: instant(json["created"]))
    }

    func standing(_ json: JSON) -> CustomerStanding? {
        guard let id = json["id"].text, Call.isID(id) else { return nil }
        if let object = json["object"].text, object != "customer" { return nil }
        return CustomerStanding(id: id, isDeleted: json["deleted"].flag ?? false)
    }

    func mandate(_ json: JSON) -> MandateSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text else { return nil }
        if let object = json["object"].text, object != "mandate" { return nil }
        return MandateSnapshot(
            id: id, status: scrubber.cleanID(status), paymentMethodID: cleanID(json["payment_method"]))
    }
}
