import DunlinCore

extension ObjectDecoder {
    var setupIntents: ObjectReader<SetupIntentSnapshot> {
        ObjectReader(name: "SetupIntent", read: setupIntent, id: \.id)
    }

    var paymentMethods: ObjectReader<PaymentMethodSnapshot> {
        ObjectReader(name: "PaymentMethod", read: paymentMethod, id: \.id)
    }

    var customers: ObjectReader<GatewayCustomer> { ObjectReader(name: "Customer", read: customer, id: \.id) }

    var setupSessions: ObjectReader<SetupSession> {
        ObjectReader(name: "Checkout Session", read: setupSession, id: \.id)
    }

    /// nil when this is no customer, one without an id, or a deleted one.
    func customer(_ json: JSON) -> GatewayCustomer? {
        guard let id = json["id"].text, Call.isID(id), json["deleted"].flag != true else { return nil }
        if let object = json["object"].text, object != "customer" { return nil }
        return GatewayCustomer(
            id: id, email: json["email"].text.map(scrubber.clean), name: json["name"].text.map(scrubber.clean),
            isLive: json["livemode"].flag, createdAt: instant(json["created"]))
    }

    /// nil when this is no session, or one without an id or a link.
    func setupSession(_ json: JSON) -> SetupSession? {
        guard let id = json["id"].text, Call.isID(id), let url = json["url"].text else { return nil }
        if let object = json["object"].text, object != "checkout.session" { return nil }
        return SetupSession(
            id: id, url: url, customerID: cleanID(json["customer"]), setupIntentID: cleanID(json["setup_intent"]),
            expiresAt: instant(json["expires_at"]))
    }

    /// nil when this is no SetupIntent, or one without an id or a status.
    func setupIntent(_ json: JSON) -> SetupIntentSnapshot? {
        guard let id = json["id"].text, Call.isID(id), let status = json["status"].text else { return nil }
        if let object = json["object"].text, object != "setup_intent" { return nil }
        let lastError = json["last_setup_error"]
        let hasError = !lastError.isNull && lastError.opened != .object([:])
        return SetupIntentSnapshot(
            id: id, status: SetupIntentStatus(scrubber.cleanID(status)), customerID: cleanID(json["customer"]),
            paymentMethodID: cleanID(json["payment_method"]), usage: json["usage"].text.flatMap(SetupUsage.init),
            isLive: json["livemode"].flag, metadata: texts(json["metadata"]),
            description: json["description"].text.map(scrubber.clean),
            lastError: hasError ? Decline(error: lastError, scrubber: scrubber) : nil,
            nextAction: nextAction(json["next_action"]), latestAttemptID: cleanID(json["latest_attempt"]),
            mandateID: cleanID(json["mandate"]) ?? cleanID(json["single_use_mandate"]),
            cancellationReason: json["cancellation_reason"].text.map(scrubber.clean),
            createdAt: instant(json["created"]), clientSecret: json["client_secret"].text.map(Secret.init))
    }

    /// nil when this is no method, or one without an id.
    func paymentMethod(_ json: JSON) -> PaymentMethodSnapshot? {
        guard let id = json["id"].text, Call.isID(id) else { return nil }
        // One of WooshPay's pages prints `payment method` (wooshpay.md 2.2).
        if let object = json["object"].text, object.replacing(" ", with: "_") != "payment_method" { return nil }
        let card = json["card"]
        return PaymentMethodSnapshot(
            id: id, type: scrubber.cleanID(json["type"].text ?? (card.isObject ? "card" : "unknown")),
            customerID: cleanID(json["customer"]), card: card.isObject ? self.card(card) : nil,
            isLive: json["livemode"].flag, createdAt: instant(json["created"]))
    }

    /// What the customer has to do: the member that `type` names, else the first object that has an address.
    func nextAction(_ json: JSON) -> NextAction? {
        guard case .object(let members) = json.opened, !members.isEmpty else { return nil }
        let named = json["type"].text.map { nextAction($0, json[$0]) }
        if let named, named.isUsable { return named }
        let others = members.sorted { $0.key < $1.key }.map { nextAction($0.key, $0.value) }
        return others.first(where: \.isUsable) ?? named ?? others.first
    }

    private func nextAction(_ type: String, _ member: JSON) -> NextAction {
        func first(_ names: [String]) -> String? { names.lazy.compactMap { member[$0].text }.first }
        return NextAction(
            type: scrubber.cleanID(type),
            url: first(["url", "normalUrl", "native_url", "applinkUrl", "schemeUrl", "image_url_png"]),
            returnURL: first(["return_url"]), code: first(["data", "native_data"]))
    }

    private func card(_ json: JSON) -> CardDetails {
        func word(_ name: String) -> String? { json[name].text.map(scrubber.clean) }
        let last4 = json["last4"].text.flatMap { $0.utf8.count == 4 && $0.allSatisfy(\.isNumber) ? $0 : nil }
        return CardDetails(
            brand: word("brand").map { $0.lowercased().replacing(" ", with: "_") }, last4: last4,
            expMonth: number(json["exp_month"], in: 1...12), expYear: number(json["exp_year"], in: 2000...2199),
            country: word("country"), funding: word("funding"), fingerprint: cleanID(json["fingerprint"]))
    }

    private func number(_ json: JSON, in range: ClosedRange<Int64>) -> Int? {
        json.integer.flatMap { range.contains($0) ? Int($0) : nil }
    }

    private func texts(_ json: JSON) -> [String: String] { json.opened.texts.mapValues(scrubber.clean) }
}

extension NextAction {
    fileprivate var isUsable: Bool { url != nil || code != nil }
}
