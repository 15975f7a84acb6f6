/// One line of the schedule: what is done when, under a name that stays the same when the rest changes.
public struct CronLine: Hashable, Sendable {
    public let id: String
    public let expression: CronExpression
    public let zone: Zone
    /// The kind of job that a tick enqueues.
    public let kind: String
    /// How far back missed ticks before the newest one are made up; 0 for not at all.
    public let catchupSeconds: Int64
    public let gap: GapPolicy
    public let overlap: OverlapPolicy
    /// What the line says to the job, by name.
    public let arguments: [String: String]
    /// Where the line stands in its file, counted from 1, if it is in one.
    public let line: Int?

    /// A line as a program writes it.
    ///
    /// A tick in a gap is moved forward by the gap, and one in an overlap fires the first time, as billing periods do.
    /// Only a line that fires every hour follows the passing of time instead: it fires in both of the hours that look
    /// the same, so that it does not rest for an hour once a year.
    public init(
        id: String, expression: CronExpression, zone: Zone, kind: String, catchupSeconds: Int64 = 0,
        gap: GapPolicy = .shift, overlap: OverlapPolicy? = nil, arguments: [String: String] = [:], line: Int? = nil
    ) {
        self.id = id
        self.expression = expression
        self.zone = zone
        self.kind = kind
        self.catchupSeconds = catchupSeconds
        self.gap = gap
        self.overlap = overlap ?? (expression.isEveryHour ? .both : .first)
        self.arguments = arguments
        self.line = line
    }

    /// The ticks after one instant and up to and including another, in strictly increasing order, at most `limit`.
    ///
    /// A line that never fires, such as one for 30 February, has none, and says so quickly.
    public func ticks(after: Instant, through: Instant, limit: Int) -> [Tick] {
        TickSearch(expression: expression, zone: zone, gap: gap, overlap: overlap)
            .ticks(after: after, through: through, limit: limit)
    }

    /// The newest tick after one instant and up to and including another, if it is less than 400 years ago.
    public func newestTick(after: Instant, through: Instant) -> Tick? {
        // In windows that grow: what fires rarely is found in few of them, and what fires often in the first.
        let after = Swift.max(after, through.adding(days: -146_097))
        var end = through
        var hours: Int64 = 1
        while end > after {
            let start = Swift.max(end.adding(hours: -hours), after)
            if let newest = ticks(after: start, through: end, limit: .max).last { return newest }
            end = start
            hours = Swift.min(hours * 2, CronLine.windowHoursMax)
        }
        return nil
    }

    /// Two years: a line that fires every minute of one day in four years still gives few ticks to hold.
    private static let windowHoursMax: Int64 = 2 * 366 * 24
}
