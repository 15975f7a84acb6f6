public import DunlinCalendar

/// What follows an attempt. Pure: the outcome, the history and now in, the next step out.
public struct DunningPolicy: Hashable, Sendable {
    /// Waits before the second, third, … try.
    public var retryDelaysDays: [Int64]
    /// Tries in all, the first included.
    public var triesMax: Int
    /// Waits between questions about an attempt in flight; the last one repeats.
    public var settleDelaysSeconds: [Int64]

    public init(
        retryDelaysDays: [Int64] = [3, 5, 7, 10], triesMax: Int = 5,
        settleDelaysSeconds: [Int64] = [5, 30, 120, 600, 3600, 21600, 86400]
    ) {
        self.retryDelaysDays = retryDelaysDays
        self.triesMax = triesMax
        self.settleDelaysSeconds = settleDelaysSeconds
    }

    public enum NextStep: Hashable, Sendable {
        case paid
        case tryAgain(at: Instant)
        /// Only the customer, in session, can go on.
        case askCustomer
        /// Never again on this card: another one is needed.
        case askMethod
        case settle(at: Instant)
        /// The final action: cancel what is open at the gateway; the debt is uncollectible.
        case giveUp
        /// A person must look.
        case hold(reason: String)
    }

    /// - Parameters:
    ///   - tries: how many attempts on this invoice were declined, this one included.
    ///   - classified: this outcome's decline, where it has one. The network's own wait overrides the schedule's where
    ///     it is longer, and a class of few tries ends earlier.
    ///   - asks: how often the gateway was asked about this attempt.
    public func nextStep(
        after outcome: ChargeOutcome, tries: Int, classified: ClassifiedDecline?, asks: Int, now: Instant
    ) -> NextStep {
        switch outcome {
        case .succeeded: return .paid
        case .needsCustomer: return .askCustomer
        case .processing, .unknown: return .settle(at: now.adding(seconds: settleDelay(asks: asks)))
        case .refused(let refusal): return .hold(reason: Self.text(refusal))
        case .neverHappened: return .tryAgain(at: now)
        case .declined:
            let declineClass = classified?.declineClass ?? .issuerSoft
            if declineClass == .needsAuth { return .askCustomer }
            if !declineClass.mayRetry { return .askMethod }
            return retry(tries: tries, classified: classified, now: now)
        }
    }

    private func retry(tries: Int, classified: ClassifiedDecline?, now: Instant) -> NextStep {
        let most = min(triesMax, classified?.triesMax ?? triesMax)
        guard tries < most, tries >= 1, !retryDelaysDays.isEmpty else { return .giveUp }
        let days = retryDelaysDays[min(tries, retryDelaysDays.count) - 1]
        return .tryAgain(at: now.adding(seconds: max(days * 86400, classified?.waitSeconds ?? 0)))
    }

    /// The wait before the next question: it starts in seconds and is at most a day (P4).
    public func settleDelay(asks: Int) -> Int64 {
        settleDelaysSeconds.isEmpty ? 86400 : settleDelaysSeconds[min(max(asks, 0), settleDelaysSeconds.count - 1)]
    }

    private static func text(_ refusal: Refusal) -> String {
        let subject = [refusal.code, refusal.parameter].compactMap { $0 }.joined(separator: " ")
        return "the gateway refused the request (\(refusal.httpStatus)\(subject.isEmpty ? "" : " " + subject)): "
            + refusal.message
    }
}
