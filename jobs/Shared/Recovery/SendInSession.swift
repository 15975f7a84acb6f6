import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Sends an attempt with the customer in session: as any other, but the confirm says so, and its answer may be where the
/// bank wants to see the customer.
struct SendInSession {
    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    /// Where the bank sends the browser back to.
    let returnURL: String

    private var sending: SendAttempt { SendAttempt(billing: billing, gateway: gateway, claimed: claimed) }

    /// - Returns: where the browser is to go; nil when nothing is to be done there.
    func run(_ frozen: FrozenRequest) async throws -> String? {
        guard let intentID = try await sending.create(frozen) else { return nil }
        return try await confirm(intentID, frozen)
    }

    private func confirm(_ intentID: String, _ frozen: FrozenRequest) async throws -> String? {
        guard let session = gateway.session else { return nil }
        try await billing.steps.reach("request-confirm-in-session")
        let askedAt = billing.clock.now()
        let reply = await session.confirm(
            intentID,
            IntentConfirmation(paymentMethodID: frozen.request.paymentMethodID, returnURL: returnURL),
            idempotencyKey: frozen.idempotencyKey("confirm"), deadline: sending.deadline)
        if case .throttled(let throttle) = reply.result {
            try await sending.putOff(frozen, throttle, exchanges: reply.exchanges)
            return nil
        }
        let checked = sending.checked(reply.result, frozen, namesIntent: sending.declinesNameNoIntent)
        let isAtBank = reply.snapshot?.status == .requiresAction && checked.isNeedsCustomer
        try await sending.record(
            isAtBank ? .processing : checked, reply.snapshot, askedAt: askedAt, exchanges: reply.exchanges, frozen)
        return isAtBank ? reply.snapshot?.nextActionURL : nil
    }
}

extension ChargeOutcome {
    /// The bank wants the customer.
    var isNeedsCustomer: Bool {
        if case .needsCustomer = self { return true }
        return false
    }
}
