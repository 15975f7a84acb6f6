/// Token buckets per account, per endpoint and for search, filled by the sandbox's clock.
struct RateLimiter {
    private struct Bucket {
        /// Thousandths of a request.
        var level: Int64
        var filledAt: Int64
    }

    let limits: RateLimits
    private var buckets: [String: Bucket] = [:]
    /// How often each PaymentIntent was written to in the hour that is running.
    private var writes: [String: Int64] = [:]
    private var writesSince: Int64 = 0

    init(limits: RateLimits) { self.limits = limits }

    /// Takes a permit from every bucket that counts the request, or from none.
    ///
    /// - Returns: the refusal, nil where the request may go on.
    mutating func refusal(route: String, ids: [String], livemode: Bool, now: Int64) -> SandboxFailure? {
        let isWrite = route.hasPrefix("POST /v1/payment_intents/{id}")
        if isWrite, let id = ids.first, writesThisHour(id, now: now) >= limits.updatesPerIntentAndHour {
            return .limited(reason: "resource-specific", retryAfterSeconds: limits.retryAfterSeconds)
        }
        let mode = livemode ? "live" : "test"
        var wanted: [(name: String, perSecond: Int64, reason: String)] = [
            (mode, livemode ? limits.livePerSecond : limits.testPerSecond, "global-rate"),
            ("\(mode) \(route)", limits.endpointPerSecond, "endpoint-rate"),
        ]
        if route.hasSuffix("/search") { wanted.append(("\(mode) search", limits.searchPerSecond, "resource-specific")) }
        for bucket in wanted where level(bucket.name, bucket.perSecond, now: now) < 1000 {
            return .limited(reason: bucket.reason, retryAfterSeconds: limits.retryAfterSeconds)
        }
        for bucket in wanted { buckets[bucket.name]?.level -= 1000 }
        if isWrite, let id = ids.first { writes[id, default: 0] += 1 }
        return nil
    }

    private mutating func writesThisHour(_ id: String, now: Int64) -> Int64 {
        if now - writesSince >= 3_600_000 {
            writes = [:]
            writesSince = now
        }
        return writes[id] ?? 0
    }

    /// Fills a bucket up to now; it holds one second's worth.
    private mutating func level(_ name: String, _ perSecond: Int64, now: Int64) -> Int64 {
        let full = perSecond * 1000
        var bucket = buckets[name] ?? Bucket(level: full, filledAt: now)
        let elapsed = min(1000, max(0, now - bucket.filledAt))
        bucket.level = min(full, bucket.level + elapsed * perSecond)
        bucket.filledAt = now
        buckets[name] = bucket
        return bucket.level
    }
}
