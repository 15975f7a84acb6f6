/// The calendar under a billing schedule: step k from a first day, in whole days or in whole months.
struct BoundarySteps: Hashable, Sendable {
    let time: LocalTime
    let origin: Boundary.Rule
    private let step: BillingInterval.Step
    /// The day that step 0 falls on.
    private let first: LocalDate
    /// The day of the month that month-based steps aim at; it may be longer than a month is.
    private let dayOfMonth: Int

    init(
        anchor: LocalDateTime, step: BillingInterval.Step, billOn: Int?, trial: LocalDateTime?, isMovedByPause: Bool
    ) throws(CalendarError) {
        self.step = step
        guard let billOn else {
            let start = trial ?? anchor
            time = start.time
            origin = trial != nil ? .trial : isMovedByPause ? .pause : .anchor
            first = start.date
            dayOfMonth = start.date.day
            return
        }
        try BoundarySteps.check(billOn: billOn, step: step)
        time = anchor.time
        origin = .billOn
        dayOfMonth = billOn
        let sameMonth = anchor.date.adding(months: 0, anchorDay: billOn)
        if let sameMonth, sameMonth >= anchor.date {
            first = sameMonth
        } else if let nextMonth = anchor.date.adding(months: 1, anchorDay: billOn) {
            first = nextMonth
        } else {
            throw .noFirstBoundary
        }
    }

    private static func check(billOn: Int, step: BillingInterval.Step) throws(CalendarError) {
        guard (1...31).contains(billOn) else {
            throw CalendarError(
                code: .badBillOn, field: "bill_on", text: "\(billOn) is not a day of the month; give 1 to 31")
        }
        guard case .months = step else {
            throw CalendarError(
                code: .badBillOn, field: "bill_on", text: "goes with intervals of months and years only")
        }
    }

    /// The day of step k (0 or more), and whether its month was too short; nil after the year 9999.
    func nominal(_ k: Int) -> (date: LocalDate, isClamped: Bool)? {
        guard k >= 0 else { return nil }
        switch step {
        case .days(let days):
            let (distance, isOverflow) = k.multipliedReportingOverflow(by: days)
            guard !isOverflow, let date = first.adding(days: distance) else { return nil }
            return (date, false)
        case .months(let months):
            let (distance, isOverflow) = k.multipliedReportingOverflow(by: months)
            guard !isOverflow, let date = first.adding(months: distance, anchorDay: dayOfMonth) else { return nil }
            return (date, date.day < dayOfMonth)
        }
    }

    /// The newest step on or before a day; nil before step 0.
    func lastStep(onOrBefore date: LocalDate) -> Int? {
        guard date >= first else { return nil }
        switch step {
        case .days(let days):
            return date.days(since: first) / days
        case .months(let months):
            let k = (date.monthNumber - first.monthNumber) / months
            // In the month itself the day may still be to come.
            if let nominal = nominal(k), nominal.date <= date { return k }
            return k - 1
        }
    }

    /// The first step on or after a day; nil after the year 9999.
    func firstStep(onOrAfter date: LocalDate) -> Int? {
        guard let last = lastStep(onOrBefore: date) else { return 0 }
        if let nominal = nominal(last), nominal.date == date { return last }
        return nominal(last + 1) == nil ? nil : last + 1
    }

    func firstStep(atOrAfter local: LocalDateTime) -> Int? {
        guard let step = firstStep(onOrAfter: local.date), let nominal = nominal(step) else { return nil }
        guard LocalDateTime(date: nominal.date, time: time) < local else { return step }
        return self.nominal(step + 1) == nil ? nil : step + 1
    }

    /// The newest step strictly before a wall time; nil if there is none.
    func lastStep(before local: LocalDateTime) -> Int? {
        guard let step = lastStep(onOrBefore: local.date), let nominal = nominal(step) else { return nil }
        guard LocalDateTime(date: nominal.date, time: time) >= local else { return step }
        return step > 0 ? step - 1 : nil
    }
}
