import DunlinCalendar

/// What the sample's company sells.
struct SamplePlan: Sendable {
    let name: String
    let interval: BillingInterval.Unit
    let count: Int
    let euroCents: Int64
    /// More than one unit is sold at once.
    var hasSeats = false

    /// By how many subscriptions of a thousand are to the plan.
    static let all: [(weight: Int, plan: SamplePlan)] = [
        (3, SamplePlan(name: "daily-brief", interval: .day, count: 1, euroCents: 100)),
        (8, SamplePlan(name: "ten-day-pass", interval: .day, count: 10, euroCents: 450)),
        (10, SamplePlan(name: "thirty-day-pass", interval: .day, count: 30, euroCents: 990)),
        (40, SamplePlan(name: "weekly-letter", interval: .week, count: 1, euroCents: 300)),
        (26, SamplePlan(name: "fortnight-box", interval: .week, count: 2, euroCents: 1490)),
        (480, SamplePlan(name: "reader", interval: .month, count: 1, euroCents: 1200)),
        (170, SamplePlan(name: "team", interval: .month, count: 1, euroCents: 900, hasSeats: true)),
        (80, SamplePlan(name: "archive", interval: .month, count: 3, euroCents: 3500)),
        (40, SamplePlan(name: "half-year", interval: .month, count: 6, euroCents: 6000)),
        (120, SamplePlan(name: "annual", interval: .year, count: 1, euroCents: 9900)),
        (20, SamplePlan(name: "patron", interval: .year, count: 2, euroCents: 25_000)),
    ]
}
