extension World {
    /// How long a pending or failing refund takes to end.
    private static let settlingMilliseconds: Int64 = 60_000

    func createRefund(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe {
            try parameters.requireKnown([
                "amount", "charge", "currency", "customer", "expand", "instructions_email", "metadata", "origin",
                "payment_intent", "reason", "refund_application_fee", "reverse_transfer",
            ])
        }
        let charge = try refundedCharge(parameters, call)
        try requireRefundable(charge)
        let rest = charge.amountCaptured - refunded(charge)
        let amount = try parameters.integer("amount") ?? rest
        guard amount >= 1 else {
            throw .parameter("parameter_invalid_integer", "amount", "Invalid positive integer: amount")
        }
        guard amount <= rest else {
            throw .invalid("amount", "Refund amount (\(amount)) is greater than unrefunded amount on charge (\(rest))")
        }
        let refund = Refund(header("re", call), charge: charge, amount: amount)
        let reasons = ["duplicate", "fraudulent", "requested_by_customer"]
        refund.reason = try parameters.choice(
            "reason", call.dialect == .stripe ? reasons : reasons + ["resolved_dispute"])
        try refund.metadata.apply(parameters)
        begin(refund, call)
        return try reply(refund, call)
    }

    private func refundedCharge(_ parameters: Parameters, _ call: Call) throws(SandboxFailure) -> Charge {
        if call.dialect == .stripe, let id = try parameters.string("charge") {
            return try charge(id, call, parameter: "id")
        }
        guard let id = try parameters.string("payment_intent") else {
            throw .parameter(
                "parameter_missing", "payment_intent",
                "One of the following params should be provided for this request: payment_intent or charge.")
        }
        let intent = try paymentIntent(id, call)
        guard let charge = intent.charges.last(where: { $0.status == "succeeded" }), charge.isCaptured else {
            throw SandboxFailure(
                400, .invalidRequest, code: "charge_not_refundable",
                "This PaymentIntent (\(id)) does not have a successful charge to refund.")
        }
        return charge
    }

    private func requireRefundable(_ charge: Charge) throws(SandboxFailure) {
        guard charge.status == "succeeded", charge.isCaptured else {
            throw SandboxFailure(
                400, .invalidRequest, code: "charge_not_refundable", "Charge \(charge.id) has collected nothing.")
        }
        guard !charge.isDisputed else {
            throw SandboxFailure(
                400, .invalidRequest, code: "charge_disputed", "Charge \(charge.id) has been charged back.")
        }
        guard refunded(charge) < charge.amountCaptured else {
            throw SandboxFailure(
                400, .invalidRequest, code: "charge_already_refunded",
                "Charge \(charge.id) has already been refunded.")
        }
    }

    /// What refunds that are not failed or canceled gave back.
    func refunded(_ charge: Charge) -> Int64 {
        charge.refunds.reduce(0) { $0 + (["failed", "canceled"].contains($1.status) ? 0 : $1.amount) }
    }

    private func begin(_ refund: Refund, _ call: Call) {
        let charge = refund.charge
        let course = charge.paymentMethod.behavior.refundCourse
        refund.status = course == .pending ? "pending" : "succeeded"
        charge.refunds.append(refund)
        charge.amountRefunded += refund.amount
        refunds.insert(refund)
        refund.balanceTransactionID = book(-refund.amount, fee: 0, "refund", refund.header, charge.currency).id
        audit.refund(refund.amount, currency: charge.currency, of: charge.paymentIntent)
        if course != .immediate { schedule.add(.settleRefund(refund), due: now + Self.settlingMilliseconds) }
        emit("refund.created", .refund(refund), call)
        emit("charge.refunded", .charge(charge), call)
        if refund.dialect == .wooshpay { emit("charge.refund.updated", .refund(refund), call) }
    }

    /// The end of a refund that took its time.
    func settle(_ refund: Refund) {
        switch refund.charge.paymentMethod.behavior.refundCourse {
        case .immediate: return
        case .pending:
            guard refund.status == "pending" else { return }
            refund.status = "succeeded"
            emit("refund.updated", .refund(refund), nil)
        case .fails:
            takeBack(refund, status: "failed")
            refund.failureReason = "expired_or_canceled_card"
            emit("refund.failed", .refund(refund), nil)
        }
        emit("charge.refund.updated", .refund(refund), nil)
    }

    /// The money of a refund that did not arrive is in our balance again.
    private func takeBack(_ refund: Refund, status: String) {
        refund.status = status
        refund.charge.amountRefunded -= refund.amount
        refund.failureBalanceTransactionID =
            book(refund.amount, fee: 0, "refund_failure", refund.header, refund.charge.currency).id
        audit.refund(-refund.amount, currency: refund.charge.currency, of: refund.charge.paymentIntent)
    }

    func retrieveRefund(_ call: Call) throws(SandboxFailure) -> Reply { try reply(try refund(call), call) }

    func updateRefund(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(["expand", "metadata"]) }
        let refund = try refund(call)
        try refund.metadata.apply(call.parameters)
        emit("refund.updated", .refund(refund), call)
        return try reply(refund, call)
    }

    func cancelRefund(_ call: Call) throws(SandboxFailure) -> Reply {
        let refund = try refund(call)
        guard refund.status == "requires_action" || refund.status == "pending" else {
            throw SandboxFailure(
                400, .invalidRequest, "A refund with a status of \(refund.status) cannot be canceled.")
        }
        takeBack(refund, status: "canceled")
        emit("refund.updated", .refund(refund), call)
        return try reply(refund, call)
    }

    func listRefunds(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["charge", "payment_intent"])
        var records = refunds.records(call.dialect)
        if let id = try call.parameters.string("charge") {
            records = charges[id]?.refunds ?? []
        } else if let id = try call.parameters.string("payment_intent") {
            records = paymentIntents[id]?.charges.flatMap(\.refunds) ?? []
        }
        let page = try page(records, query, kind: "refund", cursor: refunds) {
            $0.livemode == call.livemode && $0.dialect == call.dialect
        }
        return try listReply(page, call) { refund, writer, view in self.write(refund, to: &writer, view) }
    }

    private func refund(_ call: Call) throws(SandboxFailure) -> Refund {
        guard let refund = refunds[call.id], refund.livemode == call.livemode else {
            throw .noSuch("refund", call.id, parameter: "refund")
        }
        return refund
    }

    private func reply(_ refund: Refund, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(refund, to: &$0, view) })
    }
}
