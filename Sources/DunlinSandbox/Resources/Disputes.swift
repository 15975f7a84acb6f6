extension World {
    /// How long evidence may be sent, and how much a dispute costs.
    private static let evidenceMilliseconds: Int64 = 14 * 86_400_000
    private static let disputeFee: Int64 = 1500

    /// The card holder of a card made for it contests the charge.
    func openDispute(_ charge: Charge) {
        let kind = charge.paymentMethod.behavior.dispute ?? .fraudulent
        guard !charge.isDisputed, charge.amountRefunded < charge.amount else { return }
        guard kind != .earlyFraudWarning else {
            emit("radar.early_fraud_warning.created", .fraudWarning(charge, id: earlyFraudWarningID(charge)), nil)
            return
        }
        let isInquiry = kind == .inquiry
        let dispute = Dispute(
            header(charge.dialect == .stripe ? "du" : "dp", charge.dialect, livemode: charge.livemode),
            charge: charge, amount: charge.amountCaptured,
            reason: kind == .productNotReceived ? "product_not_received" : "fraudulent",
            status: isInquiry ? "warning_needs_response" : "needs_response", dueBy: now + Self.evidenceMilliseconds)
        disputes.insert(dispute)
        charge.isDisputed = true
        emit("charge.dispute.created", .dispute(dispute), nil)
        guard !isInquiry else { return }
        dispute.balanceTransactions.append(
            book(-dispute.amount, fee: Self.disputeFee, "adjustment", dispute.header, charge.currency))
        emit("charge.dispute.funds_withdrawn", .dispute(dispute), nil)
    }

    private func earlyFraudWarningID(_ charge: Charge) -> String {
        identifiers.make("issfr", charge.dialect, now: now)
    }

    func listDisputes(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["charge", "payment_intent"])
        let charge = try call.parameters.string("charge")
        let intent = try call.parameters.string("payment_intent")
        let page = try page(
            disputes.records(call.dialect), query, kind: "dispute", cursor: disputes
        ) { dispute in
            dispute.livemode == call.livemode && (charge == nil || dispute.charge.id == charge)
                && (intent == nil || dispute.charge.paymentIntent.id == intent)
        }
        return try listReply(page, call) { dispute, writer, view in self.write(dispute, to: &writer, view) }
    }

    func retrieveDispute(_ call: Call) throws(SandboxFailure) -> Reply { try reply(try dispute(call), call) }

    /// Takes evidence. The texts `winning_evidence` and `losing_evidence` decide at once (docs.stripe.com/testing).
    func updateDispute(_ call: Call) throws(SandboxFailure) -> Reply {
        let dispute = try dispute(call)
        guard ["needs_response", "warning_needs_response"].contains(dispute.status) else {
            throw SandboxFailure(
                400, .invalidRequest, "A dispute with a status of \(dispute.status) takes no more evidence.")
        }
        try dispute.metadata.apply(call.parameters)
        let evidence = try call.parameters.object("evidence")
        if let evidence { dispute.evidence = evidence.members }
        if try call.parameters.boolean("submit") ?? (evidence != nil) {
            dispute.submissionCount += 1
            close(dispute, status: Self.verdict(dispute), call)
        } else {
            emit("charge.dispute.updated", .dispute(dispute), call)
        }
        return try reply(dispute, call)
    }

    func closeDispute(_ call: Call) throws(SandboxFailure) -> Reply {
        let dispute = try dispute(call)
        guard ["needs_response", "warning_needs_response"].contains(dispute.status) else {
            throw SandboxFailure(400, .invalidRequest, "This dispute is already closed.")
        }
        close(dispute, status: dispute.status == "needs_response" ? "lost" : "warning_closed", call)
        return try reply(dispute, call)
    }

    private static func verdict(_ dispute: Dispute) -> String {
        let isInquiry = dispute.status == "warning_needs_response"
        let text = dispute.evidence.compactMap(\.value.string).joined()
        if text.contains("winning_evidence") { return isInquiry ? "warning_closed" : "won" }
        if text.contains("losing_evidence") { return isInquiry ? "warning_closed" : "lost" }
        return isInquiry ? "warning_under_review" : "under_review"
    }

    private func close(_ dispute: Dispute, status: String, _ call: Call?) {
        dispute.status = status
        if status == "won" {
            dispute.charge.isDisputed = false
            dispute.balanceTransactions.append(
                book(dispute.amount, fee: -Self.disputeFee, "adjustment", dispute.header, dispute.charge.currency))
            emit("charge.dispute.funds_reinstated", .dispute(dispute), call)
        }
        let isClosed = ["won", "lost", "warning_closed"].contains(status)
        emit(isClosed ? "charge.dispute.closed" : "charge.dispute.updated", .dispute(dispute), call)
    }

    private func dispute(_ call: Call) throws(SandboxFailure) -> Dispute {
        guard let dispute = disputes[call.id], dispute.livemode == call.livemode else {
            throw .noSuch("dispute", call.id, parameter: "dispute")
        }
        return dispute
    }

    private func reply(_ dispute: Dispute, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(dispute, to: &$0, view) })
    }
}
