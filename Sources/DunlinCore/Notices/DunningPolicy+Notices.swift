extension DunningPolicy {
    /// A notice that a debt gives rise to.
    public struct NoticeDue: Hashable, Sendable {
        public var kind: NoticeKind
        /// 0 for the first one of its kind and step, then 1, 2, …
        public var reminder: Int
        /// Sent this long after it was written.
        public var delaySeconds: Int64

        public init(_ kind: NoticeKind, reminder: Int = 0, delaySeconds: Int64 = 0) {
            self.kind = kind
            self.reminder = reminder
            self.delaySeconds = delaySeconds
        }
    }

    /// What a debt gives rise to where it stands now.
    ///
    /// - Parameters:
    ///   - told: for a debt that is tried again, what is told of the try that failed (`notices(after:)`).
    ///   - declineClass: why it waits for the customer, for one that does.
    ///   - finalActionSeconds: how long until the final action; nil where there is none.
    public func notices(
        in situation: DebtSituation, told: [NoticeKind] = [], declineClass: DeclineClass = .needsMethod,
        finalActionSeconds: Int64? = nil
    ) -> [NoticeDue] {
        switch situation {
        case .retrying: return told.map { NoticeDue($0) }
        case .needsCustomer, .needsMethod:
            return rule(declineClass).notices.isEmpty ? [] : requests(finalActionSeconds: finalActionSeconds)
        case .paid: return notices.tellsRecovered ? [NoticeDue(.recovered)] : []
        case .givenUp: return notices.tellsCanceled ? [NoticeDue(.canceled)] : []
        case .scheduled, .settling, .held, .over: return []
        }
    }

    /// The customer is asked at once and again after some days, until the last notice says when it ends.
    private func requests(finalActionSeconds: Int64?) -> [NoticeDue] {
        let last = finalActionSeconds.flatMap { seconds in notices.lastNoticeSeconds.map { seconds - $0 } }
        let days = [0] + notices.actionReminderDays.filter { $0 > 0 }.sorted()
        var due = days.enumerated().map {
            NoticeDue(.actionNeeded, reminder: $0.offset, delaySeconds: $0.element * 86_400)
        }
        guard let last, last > 0 else { return due }
        due.removeAll { $0.delaySeconds >= last }
        return due + [NoticeDue(.lastNotice, delaySeconds: last)]
    }
}
