import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Sends one notice, if it is still true: judged in the transaction before it leaves, with everything read again.
///
/// At least once, with an id that stays: a process that ends between the receiver's answer and its own note of it sends
/// the notice again.
struct SendNotice {
    static let kind = "send-notice"
    /// Over about two days; then a person is told.
    static let sendsMax = 16
    /// More than twice the longest time-out of a sink.
    static let leaseSeconds: Int64 = 180
    static let backoff = Backoff(firstSeconds: 30, maxSeconds: 6 * 3600)
    /// One that waits for an earlier one of its customer is woken by that; else it looks again after this time.
    static let turnSeconds: Int64 = 6 * 3600

    let billing: Billing

    /// - Returns: false when the receiver did not take it.
    func run(_ claimed: ClaimedJob) async throws -> Bool {
        let id: Int64 = try JobArguments(of: claimed.job).required(\.notice, kind: Self.kind)
        let now = billing.clock.now()
        let outgoing = try await billing.database.write(step: "begin-notice") { tx in
            try begin(id, claimed, now: now, tx)
        }
        guard let outgoing, let sink = billing.noticeSink else { return true }
        try await billing.steps.reach("send-notice")
        let delivery = await sink.send(outgoing)
        try await note(delivery, of: id, claimed)
        return delivery == .taken
    }

    // MARK: - Is it still true?

    private func begin(_ id: Int64, _ claimed: ClaimedJob, now: Instant, _ tx: Transaction) throws -> OutgoingNotice? {
        guard try JobQueue.holds(claimed.lease, tx) else { throw QueueError(.leaseLost, jobID: claimed.job.id) }
        guard let notice = try Notices.find(id, tx), notice.state == .ready else {
            try JobQueue.finish(claimed.lease, now: now, tx)
            return nil
        }
        if notice.dueAt > now {
            try JobQueue.snooze(claimed.lease, at: notice.dueAt, tx)
            return nil
        }
        guard let customer = try Customers.find(notice.customerID, tx),
            let subscription = try Subscriptions.find(notice.subscriptionID, tx)
        else { return try end(notice, as: .dropped, "the customer or the subscription was deleted", claimed, now, tx) }
        let debt = try notice.invoiceID.flatMap { try NoticeFacts.debt($0, tx) }
        let facts = try circumstances(notice, debt, customer, now: now, tx)
        let verdict = NoticeVerdict(
            of: notice.written, facts, quietSeconds: notice.isResent ? 0 : billing.rules.notices.quietSeconds, at: now)
        switch verdict {
        case .drop(let reason): return try end(notice, as: .dropped, reason, claimed, now, tx)
        case .later(let at, let why):
            try Notices.noteWaiting(notice.id, reason: why, dueAt: at, tx)
            try JobQueue.snooze(claimed.lease, at: at, tx)
            try wakeNext(notice.customerID, now: now, tx)
            return nil
        case .send: break
        }
        if billing.noticeSink == nil { return try end(notice, as: .listed, nil, claimed, now, tx) }
        if try Notices.earlier(than: notice, now: now, tx) != nil {
            try JobQueue.snooze(claimed.lease, at: now.adding(seconds: Self.turnSeconds), tx)
            return nil
        }
        // Counted before it leaves, and every one of them may have ended its process.
        guard notice.sends < Self.sendsMax else {
            return try end(notice, as: .failed, notice.reason ?? "its sender never came back", claimed, now, tx)
        }
        try Notices.noteSend(notice.id, tx)
        let letter = try LetterWriter(
            billing: billing, notice: notice, customer: customer, subscription: subscription, now: now
        ).letter(debt, tx)
        return OutgoingNotice(
            id: notice.noticeID, kind: notice.kind, body: try LetterWriter.bytes(letter), at: now)
    }

    private func circumstances(
        _ notice: Notice, _ debt: DebtFacts?, _ customer: Customer, now: Instant, _ tx: Transaction
    ) throws -> NoticeCircumstances {
        var facts = NoticeCircumstances()
        facts.situation = debt?.invoice.situation
        facts.tries = debt?.tries ?? 0
        facts.isInFlight = debt?.isInFlight ?? false
        facts.isRefunded = debt.map { $0.collectedMinor > 0 && $0.refundedMinor >= $0.collectedMinor } ?? false
        facts.isChargingStopped = try GatewayStates.find(customer.gateway, tx)?.isStopped ?? false
        facts.subscriptionState = try BillingStates.find(notice.subscriptionID, tx)?.state.rawValue
        facts.lastAsked = try Notices.lastSent(toCustomer: customer.id, kinds: notice.kind.asUrgent, tx)
        if let methodID = notice.paymentMethodID, let method = try PaymentMethods.find(methodID, tx) {
            let cards = CardsInUse(now: now)
            facts.expiryInUse = try cards.uses(method, customer, tx) ? method.expiryNumber : nil
            facts.hasExpired = cards.daysLeft(of: method, customer).map { $0 < 0 } ?? false
        }
        return facts
    }

    // MARK: - What became of it

    private func end(
        _ notice: Notice, as state: Notice.State, _ reason: String?, _ claimed: ClaimedJob, _ now: Instant,
        _ tx: Transaction
    ) throws -> OutgoingNotice? {
        try Notices.end(notice.id, as: state, reason: reason, tx)
        try JobQueue.finish(claimed.lease, now: now, tx)
        try wakeNext(notice.customerID, now: now, tx)
        if state == .failed {
            billing.logger.error(
                "a notice could not be sent",
                metadata: [
                    "notice": "\(notice.noticeID)", "kind": "\(notice.kind.rawValue)", "reason": "\(reason ?? "")",
                ])
        }
        return nil
    }

    private func note(_ delivery: NoticeDelivery, of id: Int64, _ claimed: ClaimedJob) async throws {
        let now = billing.clock.now()
        var generator = billing.clock.generator
        let chance = generator.next()
        try await billing.writeOutcome("note-notice") { tx in
            guard let notice = try Notices.find(id, tx), notice.state == .ready else { return }
            // That it was taken is a fact, whoever has the job now.
            if delivery == .taken { try Notices.noteSent(id, now: now, tx) }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            switch delivery {
            case .taken:
                try JobQueue.finish(claimed.lease, now: now, tx)
                try wakeNext(notice.customerID, now: now, tx)
            case .refused(let reason): _ = try end(notice, as: .failed, reason, claimed, now, tx)
            case .failed(let reason, _) where notice.sends >= Self.sendsMax:
                _ = try end(notice, as: .failed, reason, claimed, now, tx)
            case .failed(let reason, let retryAfter):
                var chances = ClockGenerator(bits: { chance })
                let backoff = Self.backoff.seconds(afterRun: notice.sends, using: &chances)
                let wait = max(backoff, min(retryAfter ?? 0, Self.backoff.maxSeconds))
                try Notices.noteWaiting(id, reason: reason, tx)
                try JobQueue.retry(claimed.lease, at: now.adding(seconds: wait), error: reason, now: now, tx)
                billing.logger.warning(
                    "a notice was not taken",
                    metadata: ["notice": "\(notice.noticeID)", "sends": "\(notice.sends)", "reason": "\(reason)"])
            }
        }
    }

    private func wakeNext(_ customerID: String, now: Instant, _ tx: Transaction) throws {
        guard let next = try Notices.next(ofCustomer: customerID, now: now, tx) else { return }
        try FollowUps.notice(next.id, customerID: customerID, at: now, now: now, tx)
    }
}
