public import DunlinCalendar

/// What follows an attempt. Pure: the outcome, the history and now in, the next step out.
public struct DunningPolicy: Hashable, Sendable {
    /// What follows declines of one class.
    public struct ClassRule: Hashable, Sendable {
        /// The waits after the first, second, third, … decline; the last one repeats. Empty where nothing is retried.
        public var delays: [RetryDelay]
        /// Declines of this class on one invoice after which it is not tried again.
        public var triesMax: Int
        /// How long the customer has, once nothing is tried any more, until the final action; nil for ever.
        public var graceSeconds: Int64?
        /// What is told after the first, second, … decline; the last one repeats, nil tells nothing. Empty tells nothing
        /// at all, also not when it is up to the customer.
        public var notices: [NoticeKind?]

        public init(
            delays: [RetryDelay] = [], triesMax: Int = 1, graceSeconds: Int64? = nil, notices: [NoticeKind?] = []
        ) {
            self.delays = delays
            self.triesMax = triesMax
            self.graceSeconds = graceSeconds
            self.notices = notices
        }
    }

    public enum NextStep: Hashable, Sendable {
        case paid
        case tryAgain(at: Instant)
        /// Only the customer, in session, can go on.
        case askCustomer
        /// Never again on this card: another one is needed.
        case askMethod
        case settle(at: Instant)
        /// No try is left. After the grace period comes the final action.
        case giveUp
        /// A person must look.
        case hold(reason: String)
    }

    /// What an invoice has been through, for what comes next.
    public struct History: Hashable, Sendable {
        /// How many attempts on this invoice were declined, the last one included.
        public var tries: Int
        /// How many of them with a decline of the same class as the last one.
        public var triesOfClass: Int

        public init(tries: Int, triesOfClass: Int? = nil) {
            self.tries = tries
            self.triesOfClass = triesOfClass ?? tries
        }
    }

    public var name: String
    public var classes: [DeclineClass: ClassRule]
    /// Tries in all, the first included, whatever the classes allow.
    public var triesMax: Int
    public var paydays: Paydays
    public var finalAction: FinalAction
    public var notices: NoticePlan
    /// Waits between questions about an attempt in flight; the last one repeats.
    public var settleDelaysSeconds: [Int64]

    public static let settleDelays: [Int64] = [5, 30, 120, 600, 3600, 21600, 86400]

    public init(
        name: String, classes: [DeclineClass: ClassRule], triesMax: Int, paydays: Paydays = Paydays(),
        finalAction: FinalAction = FinalAction(), notices: NoticePlan = NoticePlan(),
        settleDelaysSeconds: [Int64] = settleDelays
    ) {
        self.name = name
        self.classes = classes
        self.triesMax = triesMax
        self.paydays = paydays
        self.finalAction = finalAction
        self.notices = notices
        self.settleDelaysSeconds = settleDelaysSeconds
    }

    /// One schedule for every decline that may be retried, the debt written off at once after the last try, no end to the
    /// wait for a customer, and every other failed try told: the least that works, for tests and measurements.
    /// `config/dunning.yaml` is what the program comes with.
    public init(
        retryDelaysDays: [Int64] = [3, 5, 7, 10], triesMax: Int = 5,
        settleDelaysSeconds: [Int64] = settleDelays
    ) {
        let retried = ClassRule(
            delays: retryDelaysDays.map { .seconds($0 * 86_400) }, triesMax: triesMax, graceSeconds: 0,
            notices: [.paymentFailed, nil, .paymentFailed, nil])
        let rules = DeclineClass.allCases.map { ($0, $0.mayRetry ? retried : ClassRule(notices: [.actionNeeded])) }
        self.init(
            name: Self.defaultName, classes: Dictionary(uniqueKeysWithValues: rules), triesMax: triesMax,
            notices: NoticePlan(methodExpiringDays: 21, tellsRecovered: true, tellsCanceled: true),
            settleDelaysSeconds: settleDelaysSeconds)
    }

    /// The policy of whatever no rule chooses another one for.
    public static let defaultName = "default"

    // MARK: - The next step

    /// - Parameters:
    ///   - classified: this outcome's decline, where it has one. A wait that the network asks for takes the place of the
    ///     schedule's; one that the gateway asks for is kept where it is longer; a class of few tries ends earlier.
    ///   - asks: how often the gateway was asked about this attempt.
    ///   - zone: the customer's, for days and times of the schedule.
    public func nextStep(
        after outcome: ChargeOutcome, history: History, classified: ClassifiedDecline?, asks: Int, zone: Zone = .utc,
        now: Instant
    ) -> NextStep {
        switch outcome {
        case .succeeded: return .paid
        case .needsCustomer: return .askCustomer
        case .processing, .unknown: return .settle(at: now.adding(seconds: settleDelay(asks: asks)))
        case .refused(let refusal):
            return refusal.isAboutMethod ? .askMethod : .hold(reason: Self.text(refusal))
        case .neverHappened: return .tryAgain(at: now)
        case .declined:
            let declineClass = classified?.declineClass ?? .issuerSoft
            if declineClass == .needsAuth { return .askCustomer }
            if !declineClass.mayRetry { return .askMethod }
            return retry(history, declineClass, classified, zone, now)
        }
    }

    private func retry(
        _ history: History, _ declineClass: DeclineClass, _ classified: ClassifiedDecline?, _ zone: Zone, _ now: Instant
    ) -> NextStep {
        guard hasTryLeft(history, declineClass, classified), let delay = delay(history, declineClass) else {
            return .giveUp
        }
        let wait = classified?.waitSeconds.map { now.adding(seconds: $0) }
        if let wait, classified?.isNetworksWait == true { return .tryAgain(at: wait) }
        let planned = delay.next(after: now, in: zone, paydays: paydays)
        return .tryAgain(at: wait.map { max($0, planned) } ?? planned)
    }

    /// True while the policy has another try for an invoice with this history.
    public func hasTryLeft(
        _ history: History, _ declineClass: DeclineClass, _ classified: ClassifiedDecline? = nil
    ) -> Bool {
        let most = min(triesMax, classified?.triesMax ?? triesMax)
        return history.tries >= 1 && history.tries < most && history.triesOfClass < rule(declineClass).triesMax
    }

    /// The schedule's wait after the last decline; nil where the class has none.
    func delay(_ history: History, _ declineClass: DeclineClass) -> RetryDelay? {
        let delays = rule(declineClass).delays
        return delays.isEmpty ? nil : delays[min(max(history.triesOfClass, 1), delays.count) - 1]
    }

    public func rule(_ declineClass: DeclineClass) -> ClassRule { classes[declineClass] ?? ClassRule() }

    /// When the final action is carried out, unless somebody pays before; nil where the step is not the last one, or the
    /// customer may take for ever.
    public func finalAt(after step: NextStep, _ declineClass: DeclineClass, now: Instant) -> Instant? {
        switch step {
        case .giveUp, .askCustomer, .askMethod: rule(declineClass).graceSeconds.map { now.adding(seconds: $0) }
        case .paid, .tryAgain, .settle, .hold: nil
        }
    }

    // MARK: - Notices

    /// What is told after a decline. What depends on a date and not on a step is in `notices`: the last notice before
    /// the final action, the expiry of a card, the recovery, the end.
    ///
    /// - Parameter step: what follows the decline.
    public func notices(after step: NextStep, _ declineClass: DeclineClass, _ history: History) -> [NoticeKind] {
        let listed = rule(declineClass).notices
        let told = listed.isEmpty ? nil : listed[min(max(history.triesOfClass, 1), listed.count) - 1]
        switch step {
        case .tryAgain: return told.map { [$0] } ?? []
        case .giveUp, .askCustomer, .askMethod: return listed.isEmpty ? [] : [.actionNeeded]
        case .paid, .settle, .hold: return []
        }
    }

    // MARK: - Settling

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
