public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// What the billing tables say to the self-check.
public enum SelfCheckRows {
    public static func read(limits: SelfCheckLimits, now: Instant, _ tx: Transaction) throws -> SelfCheckFacts {
        var facts = SelfCheckFacts()
        facts.gateways = try GatewayStates.all(tx).map { state in
            SelfCheckFacts.Gateway(
                name: state.gateway, isStopped: state.isStopped, isSilent: state.circuitOpenedAt != nil,
                clockSkewMilliseconds: state.clockSkewMilliseconds)
        }
        facts.periods = try waiting(
            """
            SELECT c.gateway AS place, COUNT(*) AS count, MIN(b.next_boundary_at) AS oldest FROM billing_state b
            JOIN subscriptions s ON s.id = b.subscription_id JOIN customers c ON c.id = s.customer_id
            WHERE b.next_boundary_at IS NOT NULL AND b.next_boundary_at <= ?1 GROUP BY c.gateway
            """, now.adding(seconds: -limits.dueSeconds), tx)
        let unknownBefore = now.adding(seconds: -limits.unknownSeconds)
        facts.attempts = try waiting(
            """
            SELECT gateway AS place, COUNT(*) AS count, MIN(written_at) AS oldest FROM attempts
            WHERE state IN ('sending', 'processing', 'unknown') AND state <> 'processing' AND written_at <= ?1
            GROUP BY gateway
            """, unknownBefore, tx)
        facts.refunds = try waiting(
            """
            SELECT t.gateway AS place, COUNT(*) AS count, MIN(r.sent_at) AS oldest
            FROM refunds r JOIN intents t ON t.id = r.intent_id
            WHERE r.is_ours = 1 AND r.state = 'unknown' AND r.sent_at <= ?1 GROUP BY t.gateway
            """, unknownBefore, tx)
        facts.events = try waiting(
            """
            SELECT gateway AS place, COUNT(*) AS count, MIN(received_at) AS oldest FROM events
            WHERE state IN ('received', 'failed') AND received_at <= ?1 GROUP BY gateway
            """, now.adding(seconds: -limits.eventSeconds), tx)
        return facts
    }

    private static func waiting(
        _ sql: String, _ before: Instant, _ tx: Transaction
    ) throws -> [SelfCheckFacts.Waiting] {
        try tx.rows(sql, before) { row in
            SelfCheckFacts.Waiting(
                place: try row.get("place"), count: try row.get("count"), oldestAt: try row.get("oldest"))
        }
    }
}
