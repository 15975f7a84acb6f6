/// The boundaries of a subscription's billing periods, each computed from the anchor alone.
///
/// Boundary k is a closed formula: k steps from the anchor, the day of the month shortened to what that month has.
/// Never does one boundary depend on another, so no date drifts, and any boundary costs the same.
///
/// - Local dates strictly increase; instants never decrease. Where a zone left out a whole day, a daily period has no
///   length.
/// - With `billOn` (months and years only) boundaries fall on that calendar day, at the anchor's time of day. The first
///   is the first such day on or after the anchor's date; steps are counted from there.
/// - With `trialEnd` the first paid period starts at the end of the trial, which is the new anchor. With `billOn` as
///   well the calendar stays as it is, and index 0 is its first boundary at or after the end of the trial. A trial that
///   ended before the anchor has no say.
/// - With `endsAt` no period starts at or after it. The last period keeps its full length.
///
/// A change of any of these makes another schedule; which of the two holds from when is the caller's rule.
public struct BillingSchedule: Hashable, Sendable {
    public let anchor: LocalDateTime
    public let interval: BillingInterval
    public let zone: Zone
    public let billOn: Int?
    public let trialEnd: LocalDateTime?
    public let endsAt: LocalDateTime?
    private let steps: BoundarySteps
    /// How many steps of the calendar lie before index 0.
    private let stepsBeforeFirst: Int

    /// - Parameter isMovedByPause: `anchor` is where a pause moved the schedule to; boundaries say so.
    /// - Throws: a `CalendarError` if `billOn` is not 1 to 31 or goes with an interval of days or weeks, or if there is
    ///   no first boundary before the end of the year 9999.
    public init(
        anchor: LocalDateTime, interval: BillingInterval, zone: Zone, billOn: Int? = nil,
        trialEnd: LocalDateTime? = nil, endsAt: LocalDateTime? = nil, isMovedByPause: Bool = false
    ) throws(CalendarError) {
        self.anchor = anchor
        self.interval = interval
        self.zone = zone
        self.billOn = billOn
        self.trialEnd = trialEnd
        self.endsAt = endsAt
        let trial = trialEnd.flatMap { $0 > anchor ? $0 : nil }
        steps = try BoundarySteps(
            anchor: anchor, step: interval.step, billOn: billOn, trial: trial, isMovedByPause: isMovedByPause)
        guard let trial, billOn != nil else {
            stepsBeforeFirst = 0
            return
        }
        guard let first = steps.firstStep(atOrAfter: trial) else { throw .noFirstBoundary }
        stepsBeforeFirst = first
    }

    /// The boundary with this index, whether or not the subscription has ended by then; nil for a negative index and
    /// after the year 9999.
    public func boundary(_ index: Int) -> Boundary? {
        let (step, isOverflow) = index.addingReportingOverflow(stepsBeforeFirst)
        guard index >= 0, !isOverflow, let nominal = steps.nominal(step) else { return nil }
        let local = LocalDateTime(date: nominal.date, time: steps.time)
        let resolved = zone.resolve(local)
        var rules = [steps.origin]
        if nominal.isClamped { rules.append(.clamp) }
        switch resolved.rule {
        case .gap: rules.append(resolved.gapSeconds >= secondsPerDay ? .skipped : .gap)
        case .overlap: rules.append(.overlap)
        case nil: break
        }
        return Boundary(index: index, local: local, instant: resolved.first, rules: rules)
    }

    /// The period that starts at the boundary with this index; nil if none does, because the subscription ends before.
    public func period(_ index: Int) -> BillingPeriod? {
        guard index < Int.max, let start = boundary(index), isBeforeEnd(start), let end = boundary(index + 1) else {
            return nil
        }
        return BillingPeriod(start: start, end: end)
    }

    /// The first period that starts on or after a local date; nil if none does.
    public func firstIndex(onOrAfter date: LocalDate) -> Int? {
        guard let step = steps.firstStep(onOrAfter: date) else { return nil }
        let index = Swift.max(step - stepsBeforeFirst, 0)
        return period(index) == nil ? nil : index
    }

    /// The period that starts on this very local date; nil if none does.
    public func index(startingOn date: LocalDate) -> Int? {
        guard let index = firstIndex(onOrAfter: date), boundary(index)?.local.date == date else { return nil }
        return index
    }

    /// The newest period that has started by `instant`; nil before the first.
    public func lastIndex(atOrBefore instant: Instant) -> Int? {
        guard let newest = newestStarted(by: instant) else { return nil }
        guard let endsAt, let last = lastIndex(before: endsAt) else { return endsAt == nil ? newest : nil }
        return Swift.min(newest, last)
    }

    private func newestStarted(by instant: Instant) -> Int? {
        // A zone moves a wall time by a day at most, so that the boundary sought has a local date of at most two days
        // after what the wall shows. From there it is a few steps back, whatever the interval.
        let wall = zone.local(of: instant).date
        let latest = wall.adding(days: 2) ?? .max
        guard let step = steps.lastStep(onOrBefore: latest) else { return nil }
        var index = step - stepsBeforeFirst
        while index >= 0, let candidate = boundary(index), candidate.instant > instant { index -= 1 }
        // A boundary without a next one, at the very end of the calendar, starts no period.
        if boundary(index + 1) == nil { index -= 1 }
        return index >= 0 ? index : nil
    }

    private func lastIndex(before end: LocalDateTime) -> Int? {
        guard let step = steps.lastStep(before: end) else { return nil }
        let index = step - stepsBeforeFirst
        return index >= 0 ? index : nil
    }

    private func isBeforeEnd(_ boundary: Boundary) -> Bool {
        guard let endsAt else { return true }
        return boundary.local < endsAt
    }
}

extension CalendarError {
    static let noFirstBoundary = CalendarError(
        code: .outOfCalendar, text: "the first billing period would start after the year 9999")
}
