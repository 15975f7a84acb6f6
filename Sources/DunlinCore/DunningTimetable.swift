public import DunlinCalendar

/// What a policy would do if every try met the same decline: the answer to "what happens now, and when?".
public struct DunningTimetable: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        /// A charge; the first one is number 1.
        case attempt(Int)
        /// Nothing goes on without the customer.
        case wait(DunningPolicy.NextStep)
        case lastNotice
        case finalAction(FinalAction)
        /// The customer may take for ever.
        case noEnd
    }

    public struct Row: Hashable, Sendable {
        public var at: Instant
        public var event: Event
        /// Why it happens then.
        public var reason: String
        public var notices: [NoticeKind]
    }

    public let policy: DunningPolicy
    public let classified: ClassifiedDecline
    public let rows: [Row]

    /// - Parameters:
    ///   - at: when the first charge is declined.
    ///   - zone: the customer's.
    public init(_ policy: DunningPolicy, _ classified: ClassifiedDecline, at: Instant, zone: Zone) {
        self.policy = policy
        self.classified = classified
        var rows: [Row] = []
        var now = at
        var reason = "the charge that is declined"
        for tries in 1...max(1, policy.triesMax) {
            let history = DunningPolicy.History(tries: tries)
            let step = policy.nextStep(
                after: .declined(Decline()), history: history, classified: classified, asks: 0, zone: zone, now: now)
            let told = policy.notices(after: step, classified.declineClass, history)
            guard case .tryAgain(let next) = step else {
                rows.append(Row(at: now, event: .attempt(tries), reason: reason, notices: []))
                rows += Self.ending(policy, classified, step, told, now)
                break
            }
            rows.append(Row(at: now, event: .attempt(tries), reason: reason, notices: told))
            reason = Self.reason(policy, classified, history)
            now = next
        }
        self.rows = rows
    }

    private static func reason(
        _ policy: DunningPolicy, _ classified: ClassifiedDecline, _ history: DunningPolicy.History
    ) -> String {
        let planned = policy.delay(history, classified.declineClass)?.text ?? ""
        guard let wait = classified.waitSeconds else { return planned }
        let text = RetryDelay.text(seconds: wait)
        return classified.isNetworksWait
            ? "the network says: wait \(text)" : "\(planned), and the gateway says: wait \(text)"
    }

    private static func ending(
        _ policy: DunningPolicy, _ classified: ClassifiedDecline, _ step: DunningPolicy.NextStep, _ told: [NoticeKind],
        _ now: Instant
    ) -> [Row] {
        let declineClass = classified.declineClass
        var rows = [Row(at: now, event: .wait(step), reason: words(step), notices: told)]
        guard let end = policy.finalAt(after: step, declineClass, now: now) else {
            return rows + [Row(at: now, event: .noEnd, reason: "no grace period is set", notices: [])]
        }
        let grace = RetryDelay.text(seconds: policy.rule(declineClass).graceSeconds ?? 0)
        if let before = policy.notices.lastNoticeSeconds, end.adding(seconds: -before) > now {
            rows.append(
                Row(
                    at: end.adding(seconds: -before), event: .lastNotice,
                    reason: "\(RetryDelay.text(seconds: before)) before the end", notices: [.lastNotice]))
        }
        let canceled = policy.finalAction.subscription == .cancelSubscription && policy.notices.tellsCanceled
        rows.append(
            Row(
                at: end, event: .finalAction(policy.finalAction), reason: "grace of \(grace) is over",
                notices: canceled ? [.canceled] : []))
        return rows
    }

    private static func words(_ step: DunningPolicy.NextStep) -> String {
        switch step {
        case .askCustomer: "the bank wants the customer to confirm the payment"
        case .askMethod: "this card is not charged again: another one is needed"
        case .giveUp: "no try is left; the customer can still pay"
        case .paid, .tryAgain, .settle, .hold: ""
        }
    }
}
