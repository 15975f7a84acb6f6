public import DunlinCalendar
public import DunlinDatabase

/// What Dunlin knows of a subscription: never in the owner's row (money.md 18).
public struct BillingState: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, ColumnValue {
        case trialing, active, paused, parked, canceled, ended, unpaid
        case pastDue = "past_due"
    }

    /// Set by our own verbs; the stricter of the owner's wish and this applies.
    public enum Hold: String, Hashable, Sendable, ColumnValue {
        case pause, cancel
    }

    public var subscriptionID: String
    public var state: State
    public var parkedReason: String?
    public var hold: Hold?
    public var holdReason: String?
    /// What the end of a pause by hold does; nil for what the owner's row says.
    public var holdShifts: Bool?
    /// A person said that it is billed beside another one that looks the same.
    public var allowsTwin = false
    /// Local date, `yyyy-MM-dd`, as are the next two.
    public var firstSeenOn: String
    public var firstSeenAt: Instant
    public var nextPeriodStart: String?
    public var billedThrough: String?
    public var nextBoundaryAt: Instant?
    public var scheduleHash: String
    public var plannedAt: Instant
    /// Local date on which a pause was seen that goes on.
    public var pausedOn: String?
    /// The pause moves what comes after it.
    public var pauseShifts: Bool
    /// Where pauses moved the schedule to, a local time.
    public var shiftedAnchor: String?

    /// False for one that was seen but never planned.
    public var isPlanned: Bool { !scheduleHash.isEmpty }

    public init(
        subscriptionID: String, state: State, parkedReason: String?, hold: Hold?, holdReason: String?,
        firstSeenOn: String, firstSeenAt: Instant, nextPeriodStart: String?, billedThrough: String?,
        nextBoundaryAt: Instant?,
        scheduleHash: String, plannedAt: Instant, pausedOn: String? = nil, pauseShifts: Bool = false,
        shiftedAnchor: String? = nil
    ) {
        self.subscriptionID = subscriptionID
        self.state = state
        self.parkedReason = parkedReason
        self.hold = hold
        self.holdReason = holdReason
        self.firstSeenOn = firstSeenOn
        self.firstSeenAt = firstSeenAt
        self.nextPeriodStart = nextPeriodStart
        self.billedThrough = billedThrough
        self.nextBoundaryAt = nextBoundaryAt
        self.scheduleHash = scheduleHash
        self.plannedAt = plannedAt
        self.pausedOn = pausedOn
        self.pauseShifts = pauseShifts
        self.shiftedAnchor = shiftedAnchor
    }
}

/// The table `billing_state`.
public enum BillingStates {
    public static func find(_ subscriptionID: String, _ tx: Transaction) throws -> BillingState? {
        try tx.row("SELECT * FROM billing_state WHERE subscription_id = ?1", subscriptionID, read: read)
    }

    /// The next page of subscriptions with a boundary at or before `now`, oldest boundary first.
    ///
    /// - Parameter after: the last row of the page before; nil for the first page.
    public static func due(
        now: Instant, after: (at: Instant, id: String)?, limit: Int, _ tx: Transaction
    ) throws -> [(at: Instant, id: String)] {
        try tx.rows(
            """
            SELECT next_boundary_at, subscription_id FROM billing_state
            WHERE next_boundary_at IS NOT NULL AND next_boundary_at <= ?1
                AND (next_boundary_at > ?2 OR (next_boundary_at = ?2 AND subscription_id > ?3))
            ORDER BY next_boundary_at, subscription_id LIMIT ?4
            """, now, after?.at ?? Instant(milliseconds: .min), after?.id ?? "", limit
        ) { (at: try $0.get(0), id: try $0.get(1)) }
    }

    /// The next page of parked subscriptions, by id.
    ///
    /// - Parameter after: the last id of the page before; empty for the first page.
    public static func parked(after: String, limit: Int, _ tx: Transaction) throws -> [String] {
        try tx.rows(
            """
            SELECT subscription_id FROM billing_state WHERE state = 'parked' AND subscription_id > ?1
            ORDER BY subscription_id LIMIT ?2
            """, after, limit
        ) { try $0.get(0) }
    }

    /// All parked subscriptions with their reasons, by id.
    public static func allParked(_ tx: Transaction) throws -> [(id: String, reason: String)] {
        try tx.rows(
            """
            SELECT subscription_id, parked_reason FROM billing_state WHERE state = 'parked' ORDER BY subscription_id
            """
        ) { (id: try $0.get(0), reason: try $0.get(1)) }
    }

    /// A subscription that already took over the periods of this one.
    public static func replacer(of replaced: String, otherThan id: String, _ tx: Transaction) throws -> String? {
        let found: [String] = try tx.rows(
            """
            SELECT s.id AS id FROM subscriptions s JOIN billing_state b ON b.subscription_id = s.id
            WHERE s.replaces = ?1 AND s.id <> ?2 AND b.schedule_hash <> '' ORDER BY s.id LIMIT 1
            """, replaced, id
        ) { try $0.get("id") }
        return found.first
    }

    /// Gateways that have a boundary at or before `now` to plan, or a parked subscription to look at again.
    public static func gatewaysDue(now: Instant, _ tx: Transaction) throws -> Set<String> {
        let names: [String] = try tx.rows(
            """
            SELECT DISTINCT c.gateway AS gateway FROM billing_state b
            JOIN subscriptions s ON s.id = b.subscription_id JOIN customers c ON c.id = s.customer_id
            WHERE (b.next_boundary_at IS NOT NULL AND b.next_boundary_at <= ?1) OR b.state = 'parked'
            UNION
            SELECT c.gateway FROM decisions d JOIN billing_state b ON b.subscription_id = d.subscription_id
            JOIN subscriptions s ON s.id = d.subscription_id JOIN customers c ON c.id = s.customer_id
            WHERE \(Decisions.isSettledHold)
            """, now
        ) { try $0.get("gateway") }
        return Set(names)
    }

    /// Notes the day on which a subscription was first seen: nothing before it is billed by itself (money.md 16).
    ///
    /// - Parameter day: local date in the subscription's zone.
    public static func noteFirstSight(_ subscriptionID: String, on day: String, now: Instant, _ tx: Transaction) throws
    {
        try tx.execute(
            """
            INSERT INTO billing_state (subscription_id, state, first_seen_on, first_seen_at, schedule_hash,
                time_zone_data, planned_at)
            VALUES (?1, 'active', ?2, ?3, '', '', ?3)
            ON CONFLICT (subscription_id) DO NOTHING
            """, subscriptionID, day, now)
    }

    /// Sets our own hold, which no import lifts; nil lifts it. The next pass looks at the subscription first.
    ///
    /// - Parameter shifts: what the end of a pause does; nil for what the owner's row says.
    public static func setHold(
        _ hold: BillingState.Hold?, reason: String?, shifts: Bool? = nil, of subscriptionID: String, _ tx: Transaction
    ) throws {
        try tx.execute(
            "UPDATE billing_state SET hold = ?2, hold_reason = ?3, hold_shifts = ?4 WHERE subscription_id = ?1",
            subscriptionID, hold, hold == nil ? nil : reason, shifts)
        try ChangedRows.add(.subscription, subscriptionID, tx)
    }

    /// A person said that the subscription is no second import of another one. The next pass looks at it first.
    public static func allowTwin(_ subscriptionID: String, _ tx: Transaction) throws {
        try tx.execute("UPDATE billing_state SET allows_twin = 1 WHERE subscription_id = ?1", subscriptionID)
        try ChangedRows.add(.subscription, subscriptionID, tx)
    }

    public static func save(_ state: BillingState, timeZoneData: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO billing_state (subscription_id, state, parked_reason, hold, hold_reason, first_seen_on,
                next_period_start, next_boundary_at, billed_through, schedule_hash, time_zone_data, planned_at,
                first_seen_at, paused_on, pause_shifts, shifted_anchor)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
            ON CONFLICT (subscription_id) DO UPDATE SET state = excluded.state, parked_reason = excluded.parked_reason,
                next_period_start = excluded.next_period_start, next_boundary_at = excluded.next_boundary_at,
                billed_through = excluded.billed_through, schedule_hash = excluded.schedule_hash,
                time_zone_data = excluded.time_zone_data, planned_at = excluded.planned_at,
                paused_on = excluded.paused_on, pause_shifts = excluded.pause_shifts,
                shifted_anchor = excluded.shifted_anchor
            """, state.subscriptionID, state.state, state.parkedReason, state.hold, state.holdReason, state.firstSeenOn,
            state.nextPeriodStart, state.nextBoundaryAt, state.billedThrough, state.scheduleHash, timeZoneData,
            state.plannedAt, state.firstSeenAt, state.pausedOn, state.pauseShifts, state.shiftedAnchor)
    }

    /// Past due while any of its invoices is open after a failed try or uncollectible, else active. Leaves paused,
    /// parked, canceled and ended ones alone.
    public static func refreshStanding(_ subscriptionID: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE billing_state SET state = CASE WHEN EXISTS (
                    SELECT 1 FROM invoices i WHERE i.subscription_id = ?1 AND (i.state = 'uncollectible'
                        OR (i.state IN ('open', 'closing') AND i.first_failed_at IS NOT NULL)))
                THEN 'past_due' ELSE 'active' END
            WHERE subscription_id = ?1 AND state IN ('active', 'past_due', 'unpaid')
            """, subscriptionID)
    }

    /// Another subscription of the customer with the same plan, amount and interval, first seen earlier (money.md 16).
    public static func twin(of subscription: Subscription, seenBefore: Instant, _ tx: Transaction) throws -> String? {
        let twins: [String] = try tx.rows(
            """
            SELECT s.id AS id FROM subscriptions s JOIN billing_state b ON b.subscription_id = s.id
            WHERE s.customer_id = ?1 AND s.id <> ?2 AND s.plan = ?3 AND s.amount_minor = ?4 AND s.currency = ?5
                AND s.interval = ?6 AND s.interval_count = ?7 AND b.state <> 'parked' AND b.first_seen_at < ?8
            ORDER BY s.id LIMIT 1
            """, subscription.customerID, subscription.id, subscription.plan, subscription.amountMinor,
            subscription.currency, subscription.interval, subscription.intervalCount, seenBefore
        ) { try $0.get("id") }
        return twins.first
    }

    static func read(_ row: Row) throws -> BillingState {
        var state = try readPlan(row)
        state.holdShifts = try row.get("hold_shifts")
        state.allowsTwin = try row.get("allows_twin")
        return state
    }

    private static func readPlan(_ row: Row) throws -> BillingState {
        BillingState(
            subscriptionID: try row.get("subscription_id"), state: try row.get("state"),
            parkedReason: try row.get("parked_reason"), hold: try row.get("hold"),
            holdReason: try row.get("hold_reason"),
            firstSeenOn: try row.get("first_seen_on"), firstSeenAt: try row.get("first_seen_at"),
            nextPeriodStart: try row.get("next_period_start"),
            billedThrough: try row.get("billed_through"), nextBoundaryAt: try row.get("next_boundary_at"),
            scheduleHash: try row.get("schedule_hash"), plannedAt: try row.get("planned_at"),
            pausedOn: try row.get("paused_on"), pauseShifts: try row.get("pause_shifts"),
            shiftedAnchor: try row.get("shifted_anchor"))
    }
}
