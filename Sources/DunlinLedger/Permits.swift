public import DunlinCalendar
public import DunlinDatabase

/// The table `gateway_permits`: token buckets that all processes share (money.md 14).
///
/// A bucket holds a fifth of a second's worth, and is refilled with the rest: so in no second, wherever it begins, are
/// more permits taken than the limit says.
public enum Permits {
    /// A share of one bucket.
    public struct Want: Hashable, Sendable {
        public var bucket: String
        /// Permits per unit that is wanted.
        public var cost: Int64
        /// The limit, in permits per second.
        public var perSecond: Double

        public init(bucket: String, cost: Int64, perSecond: Double) {
            self.bucket = bucket
            self.cost = cost
            self.perSecond = perSecond
        }

        /// Thousandths of a permit that the bucket holds at most: enough for one unit, whatever the limit.
        var capacityMilli: Int64 { max(Int64(perSecond * 200), cost * 1000) }
        /// Thousandths of a permit per millisecond: the permits per second that can be had for long.
        public var refill: Double { max(perSecond - Double(capacityMilli) / 1000, perSecond / 4) }
    }

    /// Takes up to `units`, as many as every bucket has.
    ///
    /// - Returns: how many were taken, and when the next one will be there if there are none.
    public static func take(
        _ units: Int, gateway: String, _ wants: [Want], now: Instant, _ tx: Transaction
    ) throws -> (taken: Int, nextAt: Instant) {
        let available = try wants.map { try milliPermits(gateway: gateway, $0, now: now, tx) }
        let taken = zip(wants, available).map { want, left in left / (want.cost * 1000) }.min() ?? 0
        let granted = min(Int64(units), max(0, taken))
        var waitMilliseconds: Int64 = 0
        for (want, before) in zip(wants, available) {
            let left = before - granted * want.cost * 1000
            try store(left, gateway: gateway, want, now: now, tx)
            let missing = Double(max(0, want.cost * 1000 - left))
            waitMilliseconds = max(waitMilliseconds, Int64((missing / max(want.refill, 0.001)).rounded(.up)))
        }
        return (Int(granted), granted > 0 ? now : now.adding(milliseconds: max(waitMilliseconds, 1)))
    }

    /// When each of these buckets is more than half full: now, or a later instant if nobody takes from them.
    public static func nextPlenty(
        gateway: String, _ wants: [Want], now: Instant, _ tx: Transaction
    ) throws -> Instant {
        let waits = try wants.map { want -> Int64 in
            let missing = want.capacityMilli / 2 + 1 - (try milliPermits(gateway: gateway, want, now: now, tx))
            guard missing > 0 else { return 0 }
            return max(1, Int64((Double(missing) / max(want.refill, 0.001)).rounded(.up)))
        }
        return now.adding(milliseconds: waits.max() ?? 0)
    }

    /// Gives back units that were taken and not used.
    public static func giveBack(
        _ units: Int, gateway: String, _ wants: [Want], now: Instant, _ tx: Transaction
    ) throws {
        for want in wants {
            let left = try milliPermits(gateway: gateway, want, now: now, tx)
            try store(
                min(want.capacityMilli, left + Int64(units) * want.cost * 1000), gateway: gateway, want, now: now, tx)
        }
    }

    /// How far the clocks of processes that share a bucket may differ, and a transaction be later than the instant it
    /// was given: within this, no span is refilled twice. A clock that went back by more was set, and is followed.
    private static let skewMilliseconds: Int64 = 1000

    private static func milliPermits(
        gateway: String, _ want: Want, now: Instant, _ tx: Transaction
    ) throws -> Int64 {
        let stored: (Int64, Instant)? = try tx.row(
            "SELECT milli_permits, refilled_at FROM gateway_permits WHERE gateway = ?1 AND endpoint = ?2", gateway,
            want.bucket
        ) { (try $0.get("milli_permits"), try $0.get("refilled_at")) }
        guard let stored else { return want.capacityMilli }
        // A clock that went back refills nothing; a minute fills any bucket.
        let elapsed = min(max(0, now.milliseconds(since: stored.1)), 60_000)
        return min(want.capacityMilli, stored.0 + Int64(Double(elapsed) * want.refill))
    }

    private static func store(
        _ milliPermits: Int64, gateway: String, _ want: Want, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO gateway_permits (gateway, endpoint, milli_permits, refilled_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (gateway, endpoint) DO UPDATE SET milli_permits = excluded.milli_permits,
                refilled_at = CASE WHEN gateway_permits.refilled_at > excluded.refilled_at
                    AND gateway_permits.refilled_at < ?5 THEN gateway_permits.refilled_at
                    ELSE excluded.refilled_at END
            """, gateway, want.bucket, milliPermits, now, now.adding(milliseconds: skewMilliseconds))
    }
}
