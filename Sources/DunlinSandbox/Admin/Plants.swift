/// Differences that no gateway makes by itself, planted so that a reconciliation has something to find.
extension World {
    /// `{"amount_delta": 1}`: the intent and what it collected are so many units more, without a word to anybody.
    func change(_ id: String, _ parameters: Parameters) throws(SandboxFailure) -> SandboxResponse {
        try parameters.requireKnown(["amount_delta"])
        let intent = try planted(id)
        guard let delta = try parameters.integer("amount_delta", in: -1_000_000...1_000_000) else {
            throw .missing("amount_delta")
        }
        guard intent.amount + delta >= 1 else { throw .invalid("amount_delta", "The amount would not be above zero.") }
        intent.amount += delta
        if let charge = intent.charges.last(where: { $0.status == "succeeded" }) {
            charge.amount += delta
            if charge.isCaptured {
                charge.amountCaptured += delta
                intent.amountReceived += delta
            }
        }
        return plantAnswer(intent)
    }

    /// The same debt once more, collected like the first one if that was.
    func double(_ id: String) throws(SandboxFailure) -> SandboxResponse {
        let first = try planted(id)
        let header = header("pi", first.dialect, livemode: first.livemode)
        let second = PaymentIntent(
            header, amount: first.amount, currency: first.currency, clientSecret: identifiers.secret(of: header.id))
        second.metadata = first.metadata
        second.merchantOrderID = first.merchantOrderID
        second.description = first.description
        second.customer = first.customer
        second.paymentMethod = first.paymentMethod
        second.status = first.status
        paymentIntents.insert(second)
        second.customer?.paymentIntents.append(second)
        references.add(second)
        emit("payment_intent.created", .paymentIntent(second), nil)
        if let collected = first.charges.last(where: { $0.status == "succeeded" }) {
            let charge = Charge(
                self.header("ch", first.dialect, livemode: first.livemode), paymentIntent: second,
                paymentMethod: collected.paymentMethod, amount: collected.amount, currency: collected.currency,
                customer: collected.customer)
            charge.metadata = second.metadata
            second.charges.append(charge)
            charges.insert(charge)
            charge.customer?.charges.append(charge)
            collect(charge, amount: charge.amount, of: second, nil)
        }
        return plantAnswer(second)
    }

    /// The gateway has never heard of it, nor of what it collected.
    func forget(_ id: String) throws(SandboxFailure) -> SandboxResponse {
        let intent = try planted(id)
        for charge in intent.charges { charges.remove(charge) }
        paymentIntents.remove(intent)
        references.remove(intent)
        intent.customer?.paymentIntents.removeAll { $0 === intent }
        intent.customer?.charges.removeAll { $0.paymentIntent === intent }
        return adminAnswer(.object([.init("forgotten", .string(id))]))
    }

    private func planted(_ id: String) throws(SandboxFailure) -> PaymentIntent {
        guard let intent = paymentIntents[id] else { throw .noSuch("payment_intent", id, parameter: "id") }
        return intent
    }

    private func plantAnswer(_ intent: PaymentIntent) -> SandboxResponse {
        adminAnswer(
            .object([
                .init("id", .string(intent.id)), .init("status", .string(intent.status.rawValue)),
                .init("amount", .integer(intent.amount)), .init("currency", .string(intent.currency)),
            ]))
    }
}
