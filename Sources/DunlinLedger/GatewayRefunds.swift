public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// Refunds as the gateways show them, in the table `refunds`: our own, and those that somebody made there.
public enum GatewayRefunds {
    /// What an observation changed.
    public enum Change: Hashable, Sendable {
        case none, noted, succeeded, failed
    }

    private struct Known {
        let id: Int64
        let state: String
        let observedAt: Instant?
    }

    /// Notes a refund that was just read. Changes go only as `MoneyTransition` allows, and an older look changes nothing.
    ///
    /// - Parameters:
    ///   - isUnnamedOurs: true where the gateway does not repeat our metadata: then a refund of the amount that is in
    ///     flight here is taken for ours.
    ///   - askedAt: when the request whose answer this is began.
    public static func note(
        _ snapshot: RefundSnapshot, of intent: Intent, isUnnamedOurs: Bool, askedAt: Instant, now: Instant,
        _ tx: Transaction
    ) throws -> Change {
        guard let amount = snapshot.amount, amount.minorUnits > 0 else { return .none }
        let state = Self.state(snapshot.status)
        guard let known = try known(snapshot, amount, intent, isUnnamedOurs: isUnnamedOurs, tx) else {
            try insert(snapshot, amount, intent, state: state, askedAt: askedAt, now: now, tx)
            return change(to: state)
        }
        guard MoneyTransition.isAllowed(refund: known.state, to: state),
            known.observedAt.map({ $0 <= askedAt }) ?? true
        else { return .none }
        let ends = state != "pending"
        try tx.execute(
            """
            UPDATE refunds SET state = ?2, gateway_id = COALESCE(gateway_id, ?3), observed_at = ?4, note = NULL,
                ended_at = CASE WHEN ?5 = 0 THEN NULL WHEN state = ?2 THEN COALESCE(ended_at, ?6) ELSE ?6 END
            WHERE id = ?1
            """, known.id, state, snapshot.id, askedAt, ends, now)
        return known.state == state ? .noted : change(to: state)
    }

    /// A refund that somebody made at the gateway, and that has not ended there: no job of its own asks about it.
    public static func isOpenElsewhere(gatewayID: String, gateway: String, _ tx: Transaction) throws -> Bool {
        let found: Int? = try tx.value(
            """
            SELECT 1 FROM refunds r JOIN intents t ON t.id = r.intent_id
            WHERE r.gateway_id = ?1 AND t.gateway = ?2 AND r.is_ours = 0 AND r.state = 'pending'
            """, gatewayID, gateway)
        return found != nil
    }

    /// A word that no dossier names proves nothing: the refund is still on its way.
    private static func state(_ status: RefundStatus) -> String {
        switch status {
        case .succeeded: "succeeded"
        case .failed, .canceled: "failed"
        case .pending, .requiresAction, .other: "pending"
        }
    }

    private static func change(to state: String) -> Change {
        switch state {
        case "succeeded": .succeeded
        case "failed": .failed
        default: .noted
        }
    }

    /// By the gateway's id, else the one of ours that waits for an answer.
    private static func known(
        _ snapshot: RefundSnapshot, _ amount: Money, _ intent: Intent, isUnnamedOurs: Bool, _ tx: Transaction
    ) throws -> Known? {
        let byID = try tx.row(
            """
            SELECT r.id AS id, r.state AS state, r.observed_at AS observed_at FROM refunds r
            JOIN intents t ON t.id = r.intent_id WHERE r.gateway_id = ?1 AND t.gateway = ?2
            """, snapshot.id, intent.gateway, read: known)
        if let byID { return byID }
        let reference = snapshot.metadata.reference
        guard reference != nil || isUnnamedOurs else { return nil }
        // Without a name only one that was sent can be it.
        return try tx.row(
            """
            SELECT id, state, observed_at FROM refunds
            WHERE intent_id = ?1 AND gateway_id IS NULL AND is_ours = 1 AND amount_minor = ?2
                AND state NOT IN ('succeeded', 'failed', 'refused')
                AND CASE WHEN ?3 IS NULL THEN state <> 'requested' ELSE reference = ?3 END
            """, intent.id, amount.minorUnits, reference, read: known)
    }

    private static func known(_ row: Row) throws -> Known {
        Known(id: try row.get("id"), state: try row.get("state"), observedAt: try row.get("observed_at"))
    }

    private static func insert(
        _ snapshot: RefundSnapshot, _ amount: Money, _ intent: Intent, state: String, askedAt: Instant, now: Instant,
        _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO refunds (intent_id, number, amount_minor, currency, reason, gateway_id, state, is_ours,
                written_at, observed_at, ended_at)
            VALUES (?1, (SELECT COALESCE(MAX(number), 0) + 1 FROM refunds WHERE intent_id = ?1), ?2, ?3, ?4, ?5, ?6, 0,
                ?7, ?8, CASE WHEN ?6 = 'pending' THEN NULL ELSE ?7 END)
            """, intent.id, amount.minorUnits, amount.currency.code, snapshot.reason ?? "made at the gateway",
            snapshot.id, state, now, askedAt)
    }
}
