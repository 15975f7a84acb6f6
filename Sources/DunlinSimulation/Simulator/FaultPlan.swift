import DunlinCore
import DunlinSandbox

/// Which kinds of faults a seed switched on, how hard they strike, and how the installation is set up.
struct FaultPlan: Sendable {
    let kinds: Set<FaultKind>
    /// In a million, by kind.
    private let shares: [FaultKind: Int]
    let workers: Int
    let concurrency: Int
    let stripeSending: SendingMode
    let ignoresKeys: Bool
    let stripeRetryMode: RetryMode
    let wooshpayQuirks: WooshPayQuirks
    /// Everybody's period starts on the same day.
    let isSameDay: Bool
    /// Most customers pay with one Mastercard, as the members of a club or the shops of a chain do.
    let sharesCard: Bool
    /// Events are sent at all.
    let hasEvents: Bool

    init(kinds: Set<FaultKind>, chance: Chance) {
        self.kinds = kinds
        var shares: [FaultKind: Int] = [:]
        for kind in FaultKind.allCases {
            let range = Self.range(of: kind)
            // Drawn for all, so that leaving one kind out changes no other.
            let share = Int(chance.number(Int64(range.lowerBound)...Int64(range.upperBound), "share"))
            if kinds.contains(kind) { shares[kind] = share }
        }
        self.shares = shares
        workers = Int(chance.number(1...3, "setting"))
        concurrency = Int(chance.number(1...6, "setting"))
        let wantsOneCall = chance.happens(300_000, "setting")
        stripeSending = wantsOneCall ? .oneCall : .twoPhase
        ignoresKeys = chance.happens(500_000, "setting") && !wantsOneCall
        stripeRetryMode = chance.happens(250_000, "setting") ? .newIntent : .sameIntent
        sharesCard = chance.happens(120_000, "shared card")
        isSameDay = chance.happens(300_000, "setting") || sharesCard
        hasEvents = chance.happens(700_000, "setting")
        var quirks = WooshPayQuirks()
        quirks.ignoresIdempotencyKeys = true
        quirks.declinesAs402 = chance.happens(300_000, "setting")
        quirks.authenticationAs402 = chance.happens(300_000, "setting")
        quirks.flatErrors = chance.happens(300_000, "setting")
        quirks.stringifiedJSON = chance.happens(300_000, "setting")
        quirks.searchLagMilliseconds = chance.happens(300_000, "setting") ? 20_000 : 0
        wooshpayQuirks = quirks
    }

    /// In a million; 0 where the kind is off.
    func share(_ kind: FaultKind) -> Int { shares[kind] ?? 0 }

    func has(_ kind: FaultKind) -> Bool { kinds.contains(kind) }

    var text: String {
        "\(workers) workers of \(concurrency), \(stripeSending.rawValue), \(stripeRetryMode.rawValue), "
            + "keys \(ignoresKeys ? "ignored" : "honoured"), \(hasEvents ? "events" : "no events")"
            + (isSameDay ? ", all on one day" : "") + (sharesCard ? ", most on one card" : "")
    }

    /// How often a kind strikes where it can, in a million: at steps, at requests, at statements or on a day.
    private static func range(of kind: FaultKind) -> ClosedRange<Int> {
        switch kind {
        case .crash: 500...15_000
        case .stall: 300...5_000
        case .storeBusy: 20...1_000
        case .storeFailure: 5...200
        case .slow: 5_000...100_000
        case .lostBefore, .lostAfter, .lateEffect, .serverErrors, .rolledForward, .throttling, .brokenAnswers:
            2_000...60_000
        case .wrongAnswers: 1_000...30_000
        case .wrongAmounts: 1_000...20_000
        case .eventsLost, .eventsLate, .eventsDoubled, .eventsReordered, .eventsForged: 10_000...400_000
        case .outage, .downtime, .restore: 10_000...60_000
        case .clockJump, .otherAccount: 5_000...50_000
        case .newCards, .cancels, .pauses, .refunds, .changedTerms, .stops, .dashboard: 20_000...500_000
        case .payLinks, .handVerbs: 100_000...900_000
        case .otherMachines, .clockSkew: 1...1
        }
    }

    /// The faults that the sandbox itself makes, each with the kind that it belongs to.
    var sandboxFaults: [(kind: FaultKind, rule: FaultRule)] {
        var rules: [(kind: FaultKind, rule: FaultRule)] = []
        func add(_ kind: FaultKind, _ make: (FaultRule.Frequency) -> FaultRule) {
            if has(kind) { rules.append((kind, make(.perMillion(UInt64(share(kind)))))) }
        }
        add(.lostBefore) { FaultRule(.dropBefore, frequency: $0) }
        add(.lostAfter) { FaultRule(.dropAfter, method: "POST", frequency: $0) }
        // Shorter than what money.md 8 waits before it believes that a request never happened.
        add(.lateEffect) { FaultRule(.dropEffectLater, method: "POST", frequency: $0, delayMilliseconds: 8_000) }
        add(.lateEffect) { FaultRule(.dropEffectLater, method: "POST", frequency: $0, delayMilliseconds: 480_000) }
        add(.serverErrors) { FaultRule(.errorBefore, frequency: $0, status: 503) }
        add(.serverErrors) { FaultRule(.errorAfter, method: "POST", frequency: $0) }
        add(.rolledForward) {
            FaultRule(.errorRolledForward, method: "POST", frequency: $0, delayMilliseconds: 20 * 3_600_000)
        }
        add(.rolledForward) {
            FaultRule(.errorRolledForward, method: "POST", frequency: $0, delayMilliseconds: 90_000)
        }
        add(.throttling) { FaultRule(.rateLimited, frequency: $0, retryAfterSeconds: 3) }
        add(.throttling) { FaultRule(.lockTimeout, method: "POST", frequency: $0) }
        add(.brokenAnswers) { FaultRule(.htmlBefore, frequency: $0) }
        add(.brokenAnswers) { FaultRule(.htmlAfter, method: "POST", frequency: $0) }
        add(.brokenAnswers) { FaultRule(.truncated, frequency: $0) }
        add(.brokenAnswers) { FaultRule(.silentAfter, method: "POST", frequency: $0) }
        add(.brokenAnswers) { FaultRule(.silentBefore, frequency: $0) }
        return rules
    }

    var webhookFaults: WebhookFaults {
        var faults = WebhookFaults()
        faults.lost = UInt64(share(.eventsLost))
        faults.late = UInt64(share(.eventsLate))
        faults.doubled = UInt64(share(.eventsDoubled))
        faults.reordered = UInt64(share(.eventsReordered))
        return faults
    }
}
