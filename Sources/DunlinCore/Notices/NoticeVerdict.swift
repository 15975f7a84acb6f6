public import DunlinCalendar

/// What is known at the moment in which a notice is to be sent.
public struct NoticeCircumstances: Hashable, Sendable {
    /// A notice that was sent to the same customer.
    public struct Asked: Hashable, Sendable {
        public var noticeID: String
        public var at: Instant

        public init(noticeID: String, at: Instant) {
            self.noticeID = noticeID
            self.at = at
        }
    }

    /// Of the debt it is about; nil where it is about none.
    public var situation: DebtSituation?
    /// How many tries on the debt have failed by now.
    public var tries = 0
    /// An attempt on the debt is on its way.
    public var isInFlight = false
    /// All that was collected has gone back.
    public var isRefunded = false
    /// Charging is stopped at the customer's gateway.
    public var isChargingStopped = false
    public var subscriptionState: String?
    /// The expiry of the card as `yyyyMM`, while a running subscription is charged on it; nil when none is.
    public var expiryInUse: Int?
    public var hasExpired = false
    /// The newest notice to this customer that asked at least as urgently.
    public var lastAsked: Asked?

    public init() {}
}

/// What is to be judged: a notice that was written and not sent.
public struct WrittenNotice: Hashable, Sendable {
    public var kind: NoticeKind
    /// The failed tries on the debt, or the expiry of the card, when it was written.
    public var step: Int
    public var reminder: Int
    public var writtenAt: Instant
    /// The state that it tells, for a change of a subscription's state.
    public var toState: String?

    public init(kind: NoticeKind, step: Int, reminder: Int = 0, writtenAt: Instant, toState: String? = nil) {
        self.kind = kind
        self.step = step
        self.reminder = reminder
        self.writtenAt = writtenAt
        self.toState = toState
    }
}

/// Whether a notice is still true, and may go out now. Pure.
public enum NoticeVerdict: Hashable, Sendable {
    case send
    /// Looked at again then.
    case later(Instant, why: String)
    /// Never sent; the reason completes "not sent: …".
    case drop(String)

    /// An attempt on its way, and a stopped gateway, are looked at again after this time.
    static let waitSeconds: Int64 = 600

    /// - Parameter quietSeconds: a customer who was asked for money is not asked again within this time, unless it is
    ///   more urgent.
    public init(of notice: WrittenNotice, _ now: NoticeCircumstances, quietSeconds: Int64, at instant: Instant) {
        if let passed = Self.passed(notice, now) {
            self = .drop(passed)
        } else if notice.kind.urgency != nil, now.isInFlight || now.situation == .settling {
            // What comes of it decides whether the notice is still true.
            self = .later(instant.adding(seconds: Self.waitSeconds), why: "a try is on its way")
        } else if notice.kind.urgency != nil, now.isChargingStopped {
            // Whatever charging was stopped for must not dun everybody meanwhile (money.md 34).
            self = .later(instant.adding(seconds: Self.waitSeconds), why: "charging is stopped")
        } else {
            self = Self.quiet(notice, now, quietSeconds: quietSeconds, at: instant)
        }
    }

    /// Why the notice is not true any more; nil while it is.
    private static func passed(_ notice: WrittenNotice, _ now: NoticeCircumstances) -> String? {
        switch notice.kind {
        case .lastNotice:
            if now.situation == .settling { return nil }
            if let reason = isNot([.retrying, .needsCustomer, .needsMethod], now) { return reason }
            return now.tries == notice.step ? nil : "another try has failed since"
        case .paymentFailed:
            if now.situation == .settling || (now.isInFlight && now.situation == .retrying) { return nil }
            if let reason = isNot([.retrying], now) { return reason }
            return now.tries == notice.step ? nil : "another try has failed since"
        case .actionNeeded:
            if now.situation == .settling { return nil }
            if let reason = isNot([.needsCustomer, .needsMethod], now) { return reason }
            return now.tries == notice.step ? nil : "another try has failed since"
        case .recovered:
            return isNot([.paid], now) ?? (now.isRefunded ? "the money went back" : nil)
        case .canceled: return isNot([.givenUp], now)
        case .methodExpiring:
            if now.expiryInUse != notice.step { return "the card is not in use any more, or has another expiry now" }
            return now.hasExpired ? "the card has expired by now" : nil
        case .invoicePaid: return nil
        case .subscriptionStateChanged:
            guard now.subscriptionState != notice.toState else { return nil }
            return "the subscription is \(now.subscriptionState ?? "gone") now"
        }
    }

    private static func isNot(_ expected: [DebtSituation], _ now: NoticeCircumstances) -> String? {
        guard let situation = now.situation else { return "the debt is not there any more" }
        return expected.contains(situation) ? nil : "the debt \(situation.words)"
    }

    /// A last notice is never held back: it is about what happens next.
    private static func quiet(
        _ notice: WrittenNotice, _ now: NoticeCircumstances, quietSeconds: Int64, at instant: Instant
    ) -> NoticeVerdict {
        guard notice.kind.urgency != nil, notice.kind != .lastNotice, let asked = now.lastAsked else { return .send }
        let end = asked.at.adding(seconds: quietSeconds)
        guard instant < end else { return .send }
        // Each notice names every open debt, so that this one was told with that one already.
        if notice.reminder == 0, notice.writtenAt <= asked.at {
            return .drop("the customer was told of it by notice \(asked.noticeID)")
        }
        return .later(end, why: "the customer was asked by notice \(asked.noticeID) already")
    }
}
