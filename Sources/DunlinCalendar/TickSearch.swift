/// Finds the ticks of an expression between two instants, day by day on the wall.
///
/// A change of clocks moves a tick by a day at most (a zone that left out a whole day), so that ticks of one day can
/// only be out of order with those of the next one. The search therefore looks one day further than the limit asks for,
/// then sorts; and it starts two days before the wall's date at the start.
struct TickSearch {
    let expression: CronExpression
    let zone: Zone
    let gap: GapPolicy
    let overlap: OverlapPolicy

    /// In order of instants, strictly increasing; `after` excluded, `through` included; at most `limit`.
    func ticks(after: Instant, through: Instant, limit: Int) -> [Tick] {
        guard limit > 0, after < through else { return [] }
        let start = zone.local(of: after).date.adding(days: -2) ?? .min
        let end = zone.local(of: through).date.adding(days: 2) ?? .max
        var found: [Tick] = []
        var wasEnough = false
        var date = expression.firstDate(onOrAfter: start, through: end)
        while let day = date {
            let isInOrder = appendTicks(on: day, after: after, through: through, limit: limit, to: &found)
            if !isInOrder { found = inOrder(found) }
            let isEnough = found.count >= limit
            if isEnough && wasEnough { break }
            wasEnough = isEnough
            date = day.adding(days: 1).flatMap { expression.firstDate(onOrAfter: $0, through: end) }
        }
        return Array(found.prefix(limit))
    }

    private func inOrder(_ ticks: [Tick]) -> [Tick] {
        var ordered: [Tick] = []
        // Of two ticks at one instant the one that was not moved comes first and stays.
        for tick in ticks.sorted(by: { ($0.instant, $0.movedRank) < ($1.instant, $1.movedRank) })
        where ordered.last?.instant != tick.instant {
            ordered.append(tick)
        }
        return ordered
    }

    /// Answers whether what it appended is in order with what was there.
    private func appendTicks(
        on date: LocalDate, after: Instant, through: Instant, limit: Int, to found: inout [Tick]
    ) -> Bool {
        if let offset = zone.steadyOffsetSeconds(on: date) {
            let midnight = Instant(seconds: Int64(date.dayNumber * secondsPerDay - offset))
            appendTicks(on: date, from: midnight, after: after, through: through, limit: limit, to: &found)
            return true
        }
        for time in expression.times {
            for tick in ticks(at: LocalDateTime(date: date, time: time))
            where tick.instant > after && tick.instant <= through {
                found.append(tick)
            }
        }
        return false
    }

    /// The ticks of a day without a change of clocks, in order, at most `limit`.
    private func appendTicks(
        on date: LocalDate, from midnight: Instant, after: Instant, through: Instant, limit: Int,
        to found: inout [Tick]
    ) {
        guard midnight <= through, midnight.adding(days: 1) > after else { return }
        let minutes = expression.minutes
        var remaining = limit
        for hour in expression.hours where midnight.adding(hours: Int64(hour + 1)) > after {
            for minute in minutes {
                let second = hour * 3600 + minute * 60
                let instant = midnight.adding(seconds: Int64(second))
                guard instant > after else { continue }
                guard instant <= through, remaining > 0 else { return }
                remaining -= 1
                let nominal = LocalDateTime(date: date, time: LocalTime(secondOfDay: second))
                found.append(Tick(nominal: nominal, instant: instant, rule: nil, isRepeat: false))
            }
        }
    }

    /// None, one or two, by the policies.
    private func ticks(at nominal: LocalDateTime) -> [Tick] {
        let resolved = zone.resolve(nominal)
        if resolved.rule == .gap, gap == .skip { return [] }
        var ticks = [Tick(nominal: nominal, instant: resolved.first, rule: resolved.rule, isRepeat: false)]
        if let second = resolved.second, overlap == .both {
            ticks.append(Tick(nominal: nominal, instant: second, rule: .overlap, isRepeat: true))
        }
        return ticks
    }
}

extension Tick {
    fileprivate var movedRank: Int { rule == .gap ? 1 : 0 }
}
