public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
import DunlinLedger

/// The boundaries of a stored subscription, from the period that runs now or the first without a record: those that
/// billing will go by, pauses and all.
public struct SubscriptionCalendar: Sendable {
    public struct Entry: Sendable {
        public var boundary: Boundary
        /// What the period that starts there has become, or will: an invoice, a decision, `due`, `to come`.
        public var record: String
        /// Nothing is billed there unless the pause ends before.
        public var isPaused: Bool
    }

    public let schedule: BillingSchedule
    public let entries: [Entry]
    /// Why there are no more of them than asked for, if so.
    public let ending: String?

    /// - Throws: `ReportError` when there is no such subscription, or its row cannot be read.
    public init(of id: String, count: Int, now: Instant, _ tx: Transaction) throws {
        guard let row = try PlanningRows.find(id, tx) else {
            throw ReportError(.notFound, "there is no subscription \(id)")
        }
        let terms = try Self.terms(of: row)
        let memory = row.state.flatMap(BillingPlanner.Memory.init)
        schedule = terms.schedule
        let firstDue = try Self.firstWithoutRecord(row, terms, memory, now: now, tx)
        let first = min(firstDue ?? .max, try Self.running(id, schedule, now: now, tx) ?? .max)
        let isOver = row.isCanceled
        var entries: [Entry] = []
        if first < Int.max {
            for index in first..<(first + count) {
                guard let period = schedule.period(index) else { break }
                let record = try Self.record(of: id, period.start.local.date, tx)
                let isToCome = firstDue.map { index >= $0 } ?? false
                if record == nil, isOver || !isToCome || terms.cancelsAtPeriodEnd { break }
                entries.append(
                    Entry(
                        boundary: period.start, record: record ?? (period.start.instant <= now ? "due" : "to come"),
                        isPaused: record == nil && row.isPaused))
            }
        }
        self.entries = entries
        ending = entries.count == count ? nil : Self.ending(row, terms)
    }

    private static func ending(_ row: PlanningRow, _ terms: SubscriptionTerms) -> String {
        if row.isCanceled { return "it is canceled" }
        if terms.cancelsAtPeriodEnd { return "it is canceled at the end of the period" }
        if let end = terms.schedule.endsAt { return "no period starts at or after \(end), where it ends" }
        return "no further period is to come"
    }

    /// The period that runs now, if it has a record; what was before first sight has none of its own.
    private static func running(
        _ id: String, _ schedule: BillingSchedule, now: Instant, _ tx: Transaction
    ) throws -> Int? {
        guard let index = schedule.lastIndex(atOrBefore: now), let start = schedule.boundary(index)?.local.date else {
            return nil
        }
        return try record(of: id, start, tx) == nil ? nil : index
    }

    /// The owner's terms, with the schedule where pauses moved it to.
    private static func terms(of row: PlanningRow) throws -> SubscriptionTerms {
        do throws(SubscriptionTerms.Problem) {
            let terms = try SubscriptionTerms(SubscriptionTerms.Columns(row.subscription))
            guard let memory = row.state.flatMap(BillingPlanner.Memory.init), let anchor = memory.shiftedAnchor,
                memory.scheduleHash == terms.scheduleHash
            else { return terms }
            return try terms.shifted(to: anchor)
        } catch {
            throw ReportError(.unreadable, "subscription \(row.subscription.id) cannot be read: \(error)")
        }
    }

    /// Where billing stands: what a pass would begin with now.
    private static func firstWithoutRecord(
        _ row: PlanningRow, _ terms: SubscriptionTerms, _ memory: BillingPlanner.Memory?, now: Instant,
        _ tx: Transaction
    ) throws -> Int? {
        let schedule = terms.schedule
        if let memory {
            if memory.scheduleHash == terms.scheduleHash, let start = memory.nextPeriodStart {
                return schedule.index(startingOn: start)
            }
            return memory.billedThrough.flatMap { schedule.firstIndex(onOrAfter: $0) }
        }
        let plan = try row.plan(
            terms, memory: nil, rules: CatchUpRules(), now: now, missed: { _ in (0, 0) }, tx)
        let starts = plan.records.compactMap { record -> LocalDate? in
            switch record {
            case .invoice(let period): period.start.local.date
            case .decision(let decision): decision.reason == "before_first_sight" ? nil : decision.start
            }
        }
        return (starts.first ?? plan.memory.nextPeriodStart).flatMap { schedule.firstIndex(onOrAfter: $0) }
    }

    private static func record(of id: String, _ start: LocalDate, _ tx: Transaction) throws -> String? {
        try tx.row(
            """
            SELECT 'invoice ' || id || ' ' || COALESCE(waits_for, state) AS words FROM invoices
            WHERE subscription_id = ?1 AND period_start = ?2
            UNION ALL
            SELECT CASE WHEN kind = reason THEN kind ELSE kind || ': ' || reason END FROM decisions
            WHERE subscription_id = ?1 AND run_start <= ?2 AND run_end > ?2
            LIMIT 1
            """, id, start.description
        ) { try $0.get("words") }
    }
}
