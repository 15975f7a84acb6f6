/// Which notices a debt gives rise to, and when. Pure.
public struct NoticePolicy: Hashable, Sendable {
    /// The customer hears of a failed payment after these tries only; empty for each. The first one tells early enough to
    /// act; one in the middle reminds; the one before the last try is a last notice instead.
    public var paymentFailedAfterTries: Set<Int>
    /// Days after the first notice on which the customer is asked again for what only the customer can do.
    public var actionReminderDays: [Int64]
    /// Kinds that are not told at all.
    public var leftOut: Set<NoticeKind>

    public init(
        paymentFailedAfterTries: Set<Int> = [1, 3], actionReminderDays: [Int64] = [3, 7],
        leftOut: Set<NoticeKind> = []
    ) {
        self.paymentFailedAfterTries = paymentFailedAfterTries
        self.actionReminderDays = actionReminderDays
        self.leftOut = leftOut
    }

    /// A notice that a debt gives rise to.
    public struct Due: Hashable, Sendable {
        public var kind: NoticeKind
        /// 0 for the first one of its kind and step, then 1, 2, …
        public var reminder: Int
        /// Sent this long after it was written.
        public var delayDays: Int64

        public init(_ kind: NoticeKind, reminder: Int = 0, delayDays: Int64 = 0) {
            self.kind = kind
            self.reminder = reminder
            self.delayDays = delayDays
        }
    }

    /// - Parameters:
    ///   - situation: of the debt now.
    ///   - tries: how many of its tries have failed.
    ///   - isLastTryNext: the try that is planned is the last one.
    public func due(in situation: DebtSituation, tries: Int, isLastTryNext: Bool = false) -> [Due] {
        all(situation, tries: tries, isLastTryNext: isLastTryNext).filter { !leftOut.contains($0.kind) }
    }

    private func all(_ situation: DebtSituation, tries: Int, isLastTryNext: Bool) -> [Due] {
        switch situation {
        case .retrying where tries < 1: return []
        case .retrying where isLastTryNext: return [Due(.lastNotice)]
        case .retrying:
            let tells = paymentFailedAfterTries.isEmpty || paymentFailedAfterTries.contains(tries)
            return tells ? [Due(.paymentFailed)] : []
        case .needsCustomer, .needsMethod:
            let days = [0] + actionReminderDays.filter { $0 > 0 }.sorted()
            return days.enumerated().map { Due(.actionNeeded, reminder: $0.offset, delayDays: $0.element) }
        case .paid: return [Due(.recovered)]
        case .givenUp: return [Due(.canceled)]
        case .scheduled, .settling, .held, .over: return []
        }
    }
}

/// Where a debt stands, as far as it matters to whoever is told of it.
public enum DebtSituation: String, Hashable, Sendable, CaseIterable {
    /// Its first try is still to come.
    case scheduled
    case retrying
    case needsCustomer = "needs_customer"
    case needsMethod = "needs_method"
    /// An answer of the gateway is awaited.
    case settling
    /// It waits for a person, or its subscription is paused.
    case held
    case paid
    /// Uncollectible, or on the way there.
    case givenUp = "given_up"
    /// Void, or on the way there: it is not owed any more.
    case over

    /// In words that complete "the debt …".
    public var words: String {
        switch self {
        case .scheduled: "waits for its first try"
        case .retrying: "is tried again"
        case .needsCustomer: "waits for the customer to confirm"
        case .needsMethod: "waits for another card"
        case .settling: "waits for the gateway's answer"
        case .held: "is held"
        case .paid: "is paid"
        case .givenUp: "was given up"
        case .over: "is no longer owed"
        }
    }
}
