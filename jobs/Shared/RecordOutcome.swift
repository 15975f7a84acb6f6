import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Stores what became of an attempt, and what follows, in one transaction with the end of the job.
///
/// Facts (the intent's id, money that moved) are stored even when the lease was lost; decisions only with it.
struct RecordOutcome {
    /// An answer, with the request that it answers.
    struct Answer: Sendable {
        var outcome: ChargeOutcome
        /// The intent as the gateway showed it, where it did.
        var snapshot: IntentSnapshot?
        /// When the request whose answer this is began.
        var askedAt: Instant
        var exchanges: [Exchange]

        var requestID: String? { exchanges.last?.requestID }
        /// A request that may have moved money was answered with a fault of the server.
        var isServerFault: Bool {
            exchanges.last.map { $0.method == "POST" && ($0.httpStatus ?? 0) >= 500 } ?? false
        }
        /// The gateway showed the intent, or nothing is left to be asked.
        var isDecisive: Bool {
            if case .unknown = outcome { return snapshot != nil }
            return true
        }
        /// The gateway said nothing usable: what opens its circuit. Other answers that leave an attempt unknown do not.
        var isNoAnswer: Bool { exchanges.last.map { $0.httpStatus.map { $0 >= 500 } ?? true } ?? false }
    }

    /// After this many attempts of an invoice that came to nothing somebody must look.
    static let vanishedMax = 5

    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    let now: Instant

    func record(_ answer: Answer, of frozen: FrozenRequest, _ tx: Transaction) throws {
        try Exchanges.add(
            answer.exchanges, gateway: gateway.name, invoiceID: frozen.invoice.id, attemptNumber: frozen.attempt.number,
            tx)
        if answer.isDecisive { try Events.noteApplied(claimed.eventIDs, gateway: gateway.name, now: now, tx) }
        if let snapshot = answer.snapshot {
            let stored = try Intents.store(gatewayID: snapshot.id, frozen.intent.id, tx)
            if stored == snapshot.id {
                try Intents.noteUnlessSucceeded(snapshot, of: frozen.intent.id, askedAt: answer.askedAt, tx)
            }
            if frozen.attempt.isOnSession, snapshot.status == .requiresAction {
                try SessionAttempts.noteAction(frozen.attempt.id, seenAt: answer.askedAt, tx)
            }
        }
        let invoice = try Invoices.get(frozen.invoice.id, tx)
        let holdsLease = try JobQueue.holds(claimed.lease, tx)
        if case .succeeded = answer.outcome {
            if holdsLease { try JobQueue.finish(claimed.lease, now: now, tx) }
            try Collected(billing: billing, now: now).record(
                invoice, intentID: frozen.intent.id, attempt: frozen.attempt, requestID: answer.requestID, tx)
            try GatewayStates.noteAnswer(gateway.name, tx)
            return
        }
        guard holdsLease else { return }
        switch answer.outcome {
        case .succeeded: break
        case .processing: try keepInFlight(.processing, answer, frozen, invoice, tx)
        case .unknown: try keepInFlight(.unknown, answer, frozen, invoice, tx)
        case .declined(let decline): try end(.declined, decline, answer, frozen, invoice, tx)
        case .needsCustomer(let decline): try end(.needsCustomer, decline, answer, frozen, invoice, tx)
        case .refused(let refusal) where refusal.kind == .key: try halt(refusal, answer, frozen, invoice, tx)
        case .refused: try end(.refused, nil, answer, frozen, invoice, tx)
        case .neverHappened: try end(.neverHappened, nil, answer, frozen, invoice, tx)
        }
    }

    // MARK: - In flight

    private func keepInFlight(
        _ state: Attempt.State, _ answer: Answer, _ frozen: FrozenRequest, _ invoice: Invoice, _ tx: Transaction
    ) throws {
        try Attempts.keepInFlight(frozen.attempt.id, as: state, tx)
        try Attempts.noteAsk(frozen.attempt.id, serverFailedAt: answer.isServerFault ? answer.askedAt : nil, tx)
        if invoice.waitsFor != .onHold {
            try Invoices.wait(invoice.id, for: state == .processing ? .processing : .unknown, tx)
        }
        let at = try settleAt(frozen.attempt, tx)
        if claimed.job.kind == SettleAttempt.kind {
            try JobQueue.snooze(claimed.lease, at: at, tx)
        } else {
            if claimed.eventIDs.isEmpty || answer.isDecisive {
                try JobQueue.finish(claimed.lease, now: now, tx)
            } else {
                // The events still wait for an answer.
                try JobQueue.snooze(claimed.lease, at: at, tx)
            }
            try FollowUps.settle(
                attemptID: frozen.attempt.id, gateway: gateway.name, of: invoice, at: at, now: now, tx)
        }
        if answer.isNoAnswer {
            try Circuit(gateway: gateway.name, billing: billing, now: now).noteUnknown(tx)
        } else {
            try GatewayStates.noteAnswer(gateway.name, tx)
        }
    }

    private func settleAt(_ attempt: Attempt, _ tx: Transaction) throws -> Instant {
        let at = now.adding(seconds: billing.rules.dunning.settleDelay(asks: attempt.asks))
        // A customer's time ends when it ends, not some while later.
        guard let endsAt = try SessionAttempts.find(attempt.id, tx)?.endsAt, endsAt > now else { return at }
        return min(at, endsAt)
    }

    /// 401 or 403: nothing was tried, and nothing is until somebody mends the key (money.md 7).
    private func halt(
        _ refusal: Refusal, _ answer: Answer, _ frozen: FrozenRequest, _ invoice: Invoice, _ tx: Transaction
    ) throws {
        try GatewayStates.stop(
            gateway.name, reason: "the gateway refused the key (\(refusal.httpStatus))", by: Activity.dunlin, now: now,
            tx)
        // A request sent before may have been taken: only an attempt that was never sent before has not happened.
        if frozen.attempt.sends > 0 || frozen.attempt.state != .sending {
            return try keepInFlight(.unknown, answer, frozen, invoice, tx)
        }
        var answer = answer
        answer.outcome = .neverHappened(refusal.message)
        try end(.neverHappened, nil, answer, frozen, invoice, tx)
    }

    // MARK: - Ended

    private func end(
        _ state: Attempt.State, _ decline: Decline?, _ answer: Answer, _ frozen: FrozenRequest, _ invoice: Invoice,
        _ tx: Transaction
    ) throws {
        let brand = try PaymentMethods.find(frozen.attempt.paymentMethodID, tx)?.brand
        let classified = decline.map {
            billing.rules.declines.classify($0, gateway: gateway.driver.kind, brand: brand)
        }
        try JobQueue.finish(claimed.lease, now: now, tx)
        try FollowUps.settleIsOver(attemptID: frozen.attempt.id, now: now, tx)
        try GatewayStates.noteAnswer(gateway.name, tx)
        let reason = classified?.reason ?? answer.outcome.reason
        guard
            try Attempts.end(
                frozen.attempt.id, as: state, decline: decline, declineClass: classified?.declineClass, reason: reason,
                requestID: answer.requestID, now: now, tx)
        else { return }
        billing.tally.noteEnded(frozen.attempt.id, as: state)
        try Activity.add(
            "attempt_\(state.rawValue)", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
            attemptNumber: frozen.attempt.number, amountMinor: frozen.attempt.amountMinor,
            currency: frozen.attempt.currencyCode, reason: reason, now: now, tx)
        if let declineClass = classified?.declineClass, declineClass == .never || declineClass == .needsMethod {
            // By both names: a fingerprint that becomes known later must not open the card again.
            for key in Set([frozen.attempt.cardKey, frozen.attempt.gatewayPaymentMethodID]) {
                try RetryBudget.close(
                    gateway: gateway.name, cardKey: key,
                    frozen.attempt.closing(declineClass, reason: reason ?? declineClass.rawValue), now: now, tx)
            }
        }
        if case .refused(let refusal) = answer.outcome, refusal.isAboutMethod {
            try RetryBudget.close(
                gateway: gateway.name, cardKey: frozen.attempt.gatewayPaymentMethodID,
                .init(cause: .detached, reason: "the gateway says that it is not its customer's any more"), now: now, tx
            )
        }
        guard invoice.state == .open else {
            return try goOnClosing(frozen, invoice, tx)
        }
        try follow(answer.outcome, classified, frozen, invoice, tx)
        if state == .needsCustomer { try watch(answer.snapshot, invoice, tx) }
    }

    /// The gateway waits for the customer: what comes of it is read, whether or not a webhook tells.
    private func watch(_ snapshot: IntentSnapshot?, _ invoice: Invoice, _ tx: Transaction) throws {
        guard let snapshot, snapshot.status == .requiresAction else { return }
        let firstAt = now.adding(seconds: max(3600, billing.rules.dunning.settleDelay(openSeconds: 0)))
        try FollowUps.watch(
            .intent(snapshot.id), gateway: gateway.name, customerID: invoice.customerID, since: now, firstAt: firstAt,
            now: now, tx)
    }

    private func follow(
        _ outcome: ChargeOutcome, _ classified: ClassifiedDecline?, _ frozen: FrozenRequest, _ invoice: Invoice,
        _ tx: Transaction
    ) throws {
        let attempts = try Attempts.of(invoice.id, tx)
        if frozen.attempt.isOnSession {
            try AfterSession(billing: billing, now: now).follow(outcome, classified, frozen, invoice, tx)
            return try cancelSpentIntent(frozen, invoice, tx)
        }
        // What the customer tried in session is no try of the schedule.
        let tries = attempts.count { !$0.isOnSession && ($0.state == .declined || $0.state == .needsCustomer) }
        if case .neverHappened(let why) = outcome,
            attempts.count(where: { !$0.isOnSession && $0.state == .neverHappened }) >= Self.vanishedMax
        {
            try InvoiceRest.onHold(invoice.id, reason: "attempts come to nothing: \(why)", now: now, tx)
            return
        }
        let dunning = Dunning(billing: billing, now: now)
        let next = try dunning.consequence(
            of: outcome, classified, for: invoice, tries: tries, asks: frozen.attempt.asks, tx)
        let failedAt = tries > 0 || next.step == .askMethod ? now : nil
        switch next.step {
        case .paid, .settle: break
        case .tryAgain(let at): try tryAgain(invoice, at: at, failedAt: failedAt, tx)
        case .askCustomer:
            try InvoiceRest.needsCustomer(invoice.id, failedAt: failedAt, now: now, tx)
            try dunning.beginGrace(of: invoice, after: next.step, next.declineClass, tx)
        case .askMethod: try askMethod(dunning, next, invoice, tries: tries, failedAt: failedAt, tx)
        case .giveUp:
            try InvoiceRest.needsMethod(invoice.id, failedAt: failedAt, now: now, tx)
            try dunning.beginGrace(of: invoice, after: next.step, next.declineClass, tx)
        case .hold(let reason):
            try InvoiceRest.onHold(invoice.id, reason: reason, failedAt: failedAt, now: now, tx)
        }
        if failedAt != nil {
            try BillingStates.refreshStanding(invoice.subscriptionID, tx)
            try NoticeWriter(billing: billing, now: now).tellFailedTry(invoice.id, told: next.told, tx)
        }
        try cancelSpentIntent(frozen, invoice, tx)
    }

    private func tryAgain(_ invoice: Invoice, at: Instant, failedAt: Instant?, _ tx: Transaction) throws {
        let wait: Invoice.Wait = failedAt == nil && invoice.firstFailedAt == nil ? .scheduled : .retrying
        try Invoices.wait(invoice.id, for: wait, nextAttemptAt: at, failedAt: failedAt, tx)
        try FollowUps.charge(invoice, at: at, now: now, tx)
    }

    /// Never again on this card: another card of the customer's is tried at once, else one is asked for.
    private func askMethod(
        _ dunning: Dunning, _ next: Dunning.Consequence, _ invoice: Invoice, tries: Int, failedAt: Instant?,
        _ tx: Transaction
    ) throws {
        if let choice = try dunning.choice(for: invoice, tx) {
            if choice.method != nil, next.policy.triesMax > tries {
                return try tryAgain(invoice, at: now, failedAt: failedAt, tx)
            }
            // What is wrong with the card that was declined stands with its attempt.
            if choice.passedOver.count > 1 {
                try Activity.add(
                    "needs_method", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
                    reason: choice.reason, now: now, tx)
            }
        }
        try InvoiceRest.needsMethod(invoice.id, failedAt: failedAt, now: now, tx)
        try dunning.beginGrace(of: invoice, after: .askMethod, next.declineClass, tx)
    }

    /// Where each try has an intent of its own, the one that was declined is canceled at once (money.md 5).
    private func cancelSpentIntent(_ frozen: FrozenRequest, _ invoice: Invoice, _ tx: Transaction) throws {
        guard gateway.retryMode == .newIntent else { return }
        let intent = try Intents.get(frozen.intent.id, tx)
        guard intent.gatewayID != nil, intent.isOpen else { return }
        let now = now
        guard let latest = try Invoices.find(invoice.id, tx), latest.waitsFor != .needsCustomer else { return }
        try FollowUps.cancel(intent, of: invoice, now: now, tx)
    }

    /// The debt ended while this attempt was in flight: its intent still has to be canceled.
    private func goOnClosing(_ frozen: FrozenRequest, _ invoice: Invoice, _ tx: Transaction) throws {
        let intent = try Intents.get(frozen.intent.id, tx)
        if intent.isOpen {
            try FollowUps.cancel(intent, of: invoice, now: now, tx)
        } else {
            try EndingDebts.finishIfNothingIsOpen(invoice.id, now: now, tx)
        }
    }
}

extension Attempt {
    /// How a final decline of this attempt closes its card.
    fileprivate func closing(_ declineClass: DeclineClass, reason: String) -> RetryBudget.Closing {
        RetryBudget.Closing(
            cause: declineClass == .needsMethod ? .needsMethod : .never, reason: reason,
            fingerprint: cardKey == gatewayPaymentMethodID ? nil : cardKey, cardExpiry: cardExpiry)
    }
}

extension ChargeOutcome {
    /// Why, in words, where the outcome is no decline.
    fileprivate var reason: String? {
        switch self {
        case .refused(let refusal): refusal.message
        case .neverHappened(let why), .unknown(let why): why
        case .succeeded, .processing, .declined, .needsCustomer: nil
        }
    }
}
