public import DunlinCalendar
public import DunlinDatabase

/// The table `gateway_permits`: token buckets that all processes share (money.md 14). A bucket holds one second's worth.
public enum Permits {
    /// Takes up to `wanted` permits of a bucket.
    ///
    /// - Parameters:
    ///   - perSecond: the rate of the bucket now.
    /// - Returns: how many were taken, and when the next one will be there if there are none.
    public static func take(
        _ wanted: Int, gateway: String, bucket: String, perSecond: Double, now: Instant, _ tx: Transaction
    ) throws -> (taken: Int, nextAt: Instant) {
        let capacity = Int64((max(perSecond, 1) * 1000).rounded())
        let stored: (Int64, Instant)? = try tx.row(
            "SELECT milli_permits, refilled_at FROM gateway_permits WHERE gateway = ?1 AND endpoint = ?2", gateway,
            bucket
        ) { (try $0.get("milli_permits"), try $0.get("refilled_at")) }
        let before = stored ?? (capacity, now)
        // A clock that went back refills nothing and owes nothing.
        let elapsed = max(0, now.milliseconds(since: before.1))
        let available = min(capacity, before.0 + Int64(Double(min(elapsed, 3_600_000)) * perSecond))
        let taken = min(Int64(wanted), available / 1000)
        let left = available - taken * 1000
        try tx.execute(
            """
            INSERT INTO gateway_permits (gateway, endpoint, milli_permits, refilled_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (gateway, endpoint) DO UPDATE SET milli_permits = excluded.milli_permits,
                refilled_at = excluded.refilled_at
            """, gateway, bucket, left, now)
        let missing = max(0, 1000 - left)
        let wait = Int64((Double(missing) / max(perSecond, 0.001)).rounded(.up))
        return (Int(taken), taken > 0 ? now : now.adding(milliseconds: max(wait, 1)))
    }
}
