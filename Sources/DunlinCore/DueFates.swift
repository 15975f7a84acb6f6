import DunlinCalendar

/// What becomes of each period that is due, by the catch-up policy (money.md 17): billed, or decided with a reason.
struct DueFates {
    enum Fate: Hashable {
        case billed
        case decided(BillingPlanner.DecisionKind, String)

        static let zeroLength = Fate.decided(.skipped, "zero_length")
        static let missed = Fate.decided(.waiting, "missed")
        static let leftOut = Fate.decided(.skipped, "missed")
        static let aboveCeiling = Fate.decided(.waiting, "catch_up_ceiling")
        static let pastDue = Fate.decided(.waiting, PastDueRule.reason)
    }

    private let lowerBound: Int
    private var fates: [Fate]
    /// How many of those that are billed were missed: all but the newest, and that one if it came due long ago.
    private(set) var missedInvoices = 0

    subscript(index: Int) -> Fate { fates[index - lowerBound] }

    init(_ due: ClosedRange<Int>, _ terms: SubscriptionTerms, _ catchUp: CatchUp, now: Instant) {
        lowerBound = due.lowerBound
        fates = []
        let schedule = terms.schedule
        // Only days can be left out by a zone, so that no other interval has periods of no length.
        let mayBeZero = schedule.interval.unit == .day && schedule.interval.count == 1
        var allowance = Allowance(terms, catchUp)
        var missed: [Bool] = []
        var seen = 0
        for index in due.reversed() {
            if mayBeZero, schedule.period(index)?.isZeroLength != false {
                fates.append(.zeroLength)
                missed.append(false)
                continue
            }
            let isNewest = seen == 0
            let isMissed = !isNewest || Self.isMissed(schedule.boundary(index), catchUp, now: now)
            seen += 1
            let fate = allowance.fate(isNewest: isNewest, isMissed: isMissed)
            missed.append(isMissed)
            fates.append(fate)
        }
        fates.reverse()
        if let room = catchUp.pastDueRoom { leaveBilled(room) }
        missedInvoices = zip(fates, missed.reversed()).count { $0 == .billed && $1 }
    }

    /// What is past due gets so many more invoices, the oldest first.
    private mutating func leaveBilled(_ room: Int) {
        let billed = fates.indices.filter { fates[$0] == .billed }
        for index in billed.dropFirst(max(0, room)) { fates[index] = .pastDue }
    }

    /// What becomes of periods that waited for a debt that is settled now: they are caught up like missed ones.
    ///
    /// - Parameter starts: of the periods, oldest first.
    init(ofHeld starts: [Instant], _ terms: SubscriptionTerms, _ catchUp: CatchUp, now: Instant) {
        lowerBound = 0
        var allowance = Allowance(terms, catchUp)
        fates = starts.enumerated().reversed().map { index, start in
            let isNewest = index == starts.count - 1
            let isMissed = !isNewest || now.milliseconds(since: start) > catchUp.missedAfterSeconds * 1000
            return allowance.fate(isNewest: isNewest, isMissed: isMissed)
        }
        fates.reverse()
    }

    private static func isMissed(_ start: Boundary?, _ catchUp: CatchUp, now: Instant) -> Bool {
        guard let start else { return false }
        return now.milliseconds(since: start.instant) > catchUp.missedAfterSeconds * 1000
    }
}

/// What may still be billed of one subscription, asked from the newest period back.
private struct Allowance {
    private let policy: CatchUp.Policy
    private let onlyRecords: Bool
    private var periods: Int
    /// How many missed periods the ceilings of the run have room for; nil for any number.
    private var room: Int64?

    init(_ terms: SubscriptionTerms, _ catchUp: CatchUp) {
        policy = catchUp.policy
        onlyRecords = catchUp.recordsThrough != nil
        periods = max(1, catchUp.periodsMax)
        guard let roomMinor = catchUp.roomMinor else { return }
        let price = terms.unitAmount.multiplied(by: terms.quantity)?.minorUnits ?? Int64.max
        room = max(0, roomMinor) / max(1, price)
    }

    mutating func fate(isNewest: Bool, isMissed: Bool) -> DueFates.Fate {
        if onlyRecords { return policy == .none || policy == .latest ? .leftOut : .missed }
        switch policy {
        case .none: if isMissed { return .leftOut }
        case .latest: if !isNewest { return .leftOut }
        case .ask: if !isNewest { return .missed }
        case .all: break
        }
        guard periods > 0, !isMissed || room != 0 else {
            // What is older than the first that does not fit does not fit either.
            periods = 0
            return .aboveCeiling
        }
        periods -= 1
        if isMissed, let left = room { room = left - 1 }
        return .billed
    }
}
