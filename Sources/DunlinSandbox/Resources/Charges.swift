extension World {
    /// How long an uncaptured charge holds the money (docs.stripe.com, WooshPay's capture guide): seven days.
    private static let holdMilliseconds: Int64 = 7 * 86_400_000

    func listCharges(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["customer", "payment_intent", "transfer_group"])
        var records = charges.records(call.dialect)
        if let id = try call.parameters.string("payment_intent") {
            records = paymentIntents[id]?.charges ?? []
        } else if let id = try call.parameters.string("customer") {
            records = customers[id]?.charges ?? []
        }
        let page = try page(records, query, kind: "charge", cursor: charges) {
            $0.livemode == call.livemode && $0.dialect == call.dialect
        }
        return try listReply(page, call) { charge, writer, view in self.write(charge, to: &writer, view) }
    }

    func retrieveCharge(_ call: Call) throws(SandboxFailure) -> Reply {
        try reply(try charge(call.id, call, parameter: "charge"), call)
    }

    func searchCharges(_ call: Call) throws(SandboxFailure) -> Reply {
        try search(call, in: charges.records(call.dialect)) { charge, field in
            switch field {
            case .metadata(let key): charge.metadata[key].map { .text($0) }
            case .named("amount"): .number(charge.amount)
            case .named("created"): .number(charge.created / 1000)
            case .named("currency"): .text(charge.currency)
            case .named("customer"): charge.customer.map { .text($0.id) }
            case .named("disputed"): .text(charge.isDisputed ? "true" : "false")
            case .named("refunded"): .text(charge.amountRefunded == charge.amount ? "true" : "false")
            case .named("status"): .text(charge.status)
            case .named("payment_method_details.card.last"): .text(charge.paymentMethod.lastFour)
            case .named: nil
            }
        } write: { charge, writer, view in
            self.write(charge, to: &writer, view)
        }
    }

    func updateCharge(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe {
            try call.parameters.requireKnown([
                "customer", "description", "expand", "fraud_details", "metadata", "receipt_email", "shipping",
                "transfer_group",
            ])
        }
        let charge = try charge(call.id, call, parameter: "charge")
        try Self.set(&charge.description, call.parameters.change("description"))
        try Self.set(&charge.receiptEmail, call.parameters.change("receipt_email"))
        if let details = try call.parameters.object("fraud_details") {
            try Self.set(&charge.fraudReport, details.change("user_report"))
        }
        try charge.metadata.apply(call.parameters)
        emit("charge.updated", .charge(charge), call)
        return try reply(charge, call)
    }

    func charge(_ id: String, _ call: Call, parameter: String, status: Int = 404) throws(SandboxFailure) -> Charge {
        guard let charge = charges[id], charge.livemode == call.livemode else {
            throw .noSuch("charge", id, parameter: parameter, status: status)
        }
        return charge
    }

    private func reply(_ charge: Charge, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(charge, to: &$0, view) })
    }

    // MARK: The life of a charge

    /// The issuer holds the money until a capture.
    func hold(_ charge: Charge, of intent: PaymentIntent, _ call: Call?) {
        charge.isCaptured = false
        charge.captureBefore = now + Self.holdMilliseconds
        schedule.add(.expireHold(charge), due: now + Self.holdMilliseconds)
        intent.status = .requiresCapture
        intent.amountCapturable = charge.amount
        emit("charge.succeeded", .charge(charge), call)
        emit("payment_intent.amount_capturable_updated", .paymentIntent(intent), call)
    }

    /// The money is ours.
    func collect(_ charge: Charge, amount: Int64, of intent: PaymentIntent, _ call: Call?) {
        let wasHeld = !charge.isCaptured
        charge.isCaptured = true
        charge.amountCaptured = amount
        charge.captureBefore = nil
        charge.amountRefunded = charge.amount - amount
        let fee = amount * 29 / 1000 + 30
        charge.balanceTransactionID =
            book(
                amount, fee: min(fee, amount), "charge", charge.header, charge.currency,
                isAvailableAtOnce: charge.paymentMethod.behavior.isAvailableAtOnce
            ).id
        intent.amountCapturable = 0
        intent.amountReceived = amount
        intent.status = .succeeded
        audit.success(of: intent, charge: charge, now: now)
        emit(wasHeld ? "charge.captured" : "charge.succeeded", .charge(charge), call)
        emit("payment_intent.succeeded", .paymentIntent(intent), call)
        scheduleDispute(of: charge)
    }

    private func scheduleDispute(of charge: Charge) {
        let behavior = charge.paymentMethod.behavior
        if behavior.dispute != nil {
            schedule.add(.dispute(charge), due: now + options.disputeDelayMilliseconds)
        } else if behavior.isStatistical {
            let draw = Mix.word(options.seed, ("dispute" + charge.id).utf8)
            guard draw % 1_000_000 < options.profile.dispute else { return }
            schedule.add(.dispute(charge), due: now + Int64(2 + Mix.word(draw) % 28) * 86_400_000)
        }
    }

    func capturePaymentIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe {
            try call.parameters.requireKnown([
                "amount_details", "amount_to_capture", "application_fee_amount", "expand", "final_capture", "hooks",
                "metadata", "payment_details", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
            ])
        }
        let intent = try paymentIntent(call.id, call)
        guard intent.status == .requiresCapture, let charge = intent.latestCharge else {
            throw unexpectedState(intent, verb: "capture")
        }
        let amount = try call.parameters.integer("amount_to_capture") ?? charge.amount
        guard amount >= 1, amount <= charge.amount else {
            throw .parameter(
                "amount_too_large", "amount_to_capture", "The amount to capture must be from 1 to the amount held.")
        }
        references.remove(intent)
        defer { references.add(intent) }
        try intent.metadata.apply(call.parameters)
        collect(charge, amount: amount, of: intent, call)
        return try reply(intent, call)
    }

    /// Gives a held amount back to the card.
    func release(_ charge: Charge) {
        charge.amountRefunded = charge.amount
        charge.captureBefore = nil
    }

    /// Nobody captured in time.
    func expireHold(_ charge: Charge) {
        let intent = charge.paymentIntent
        guard intent.status == .requiresCapture, intent.latestCharge === charge else { return }
        release(charge)
        charge.isExpired = true
        emit("charge.expired", .charge(charge), nil)
        cancel(intent, reason: "automatic", nil)
    }
}
