public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

extension GatewayKind: ColumnValue {}

/// What all processes share about one gateway: whose it is, whether it may charge, how fast.
public struct GatewayState: Hashable, Sendable {
    public var gateway: String
    public var kind: GatewayKind
    public var mode: GatewayMode
    /// The account's id where the gateway tells it, else the hash of the key.
    public var account: String
    public var keyHash: String
    public var stoppedAt: Instant?
    public var stopReason: String?
    /// `dunlin` when it stopped itself, else who did.
    public var stoppedBy: String?
    /// When charging was last started by a person: the share of declines is counted from there.
    public var startedAt: Instant?
    public var circuitOpenedAt: Instant?
    public var probeAt: Instant?
    public var unknownsInARow: Int
    public var ratePermille: Int64
    public var rateChangedAt: Instant?
    public var newestAt: Instant?
    public var gatewayDate: Instant?
    /// By how much this machine's clock was ahead of the gateway's when that was last read.
    public var clockSkewMilliseconds: Int64?
    /// When the data file was bound to the key in use.
    public var boundAt: Instant

    public var isStopped: Bool { stoppedAt != nil }

    init(_ row: Row) throws {
        gateway = try row.get("gateway")
        kind = try row.get("kind")
        mode = try row.get("mode")
        account = try row.get("account")
        keyHash = try row.get("key_hash")
        stoppedAt = try row.get("stopped_at")
        stopReason = try row.get("stop_reason")
        stoppedBy = try row.get("stopped_by")
        startedAt = try row.get("started_at")
        circuitOpenedAt = try row.get("circuit_opened_at")
        probeAt = try row.get("probe_at")
        unknownsInARow = try row.get("unknowns_in_a_row")
        ratePermille = try row.get("rate_permille")
        rateChangedAt = try row.get("rate_changed_at")
        newestAt = try row.get("newest_at")
        gatewayDate = try row.get("gateway_date")
        clockSkewMilliseconds = try row.get("clock_skew_ms")
        boundAt = try row.get("bound_at")
    }
}

/// The table `gateway_state`.
public enum GatewayStates {
    public static func find(_ gateway: String, _ tx: Transaction) throws -> GatewayState? {
        try tx.row("SELECT * FROM gateway_state WHERE gateway = ?1", gateway, read: GatewayState.init)
    }

    public static func all(_ tx: Transaction) throws -> [GatewayState] {
        try tx.rows("SELECT * FROM gateway_state ORDER BY gateway", read: GatewayState.init)
    }

    /// Binds the data file at first contact (money.md 13); whoever comes second is bound to what the first one stored.
    public static func bindFirst(
        _ gateway: String, kind: GatewayKind, mode: GatewayMode, account: String, keyHash: String, now: Instant,
        _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO gateway_state (gateway, kind, mode, account, key_hash, bound_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (gateway) DO NOTHING
            """, gateway, kind, mode, account, keyHash, now)
        try moveEarlyStop(gateway, tx)
    }

    /// Binds the data file anew: to a new key of the same account, or to another account on `adopt`.
    public static func bind(
        _ gateway: String, kind: GatewayKind, mode: GatewayMode, account: String, keyHash: String, now: Instant,
        _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO gateway_state (gateway, kind, mode, account, key_hash, bound_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (gateway) DO UPDATE SET account = excluded.account, key_hash = excluded.key_hash,
                bound_at = excluded.bound_at
            """, gateway, kind, mode, account, keyHash, now)
        try moveEarlyStop(gateway, tx)
    }

    /// No new money requests until a person starts them again. Keeps the first reason. Holds from first contact on
    /// where the data file is not bound to the gateway yet.
    ///
    /// - Returns: false when it was stopped already.
    @discardableResult
    public static func stop(
        _ gateway: String, reason: String, by actor: String, now: Instant, _ tx: Transaction
    ) throws -> Bool {
        if try find(gateway, tx) == nil {
            return try tx.execute(
                """
                INSERT INTO early_stops (gateway, stopped_at, stop_reason, stopped_by) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (gateway) DO NOTHING
                """, gateway, now, reason, actor) == 1
        }
        return try tx.execute(
            """
            UPDATE gateway_state SET stopped_at = ?2, stop_reason = ?3, stopped_by = ?4
            WHERE gateway = ?1 AND stopped_at IS NULL
            """, gateway, now, reason, actor) == 1
    }

    /// - Returns: false when it was not stopped.
    @discardableResult
    public static func start(_ gateway: String, now: Instant, _ tx: Transaction) throws -> Bool {
        let early = try tx.execute("DELETE FROM early_stops WHERE gateway = ?1", gateway)
        let bound = try tx.execute(
            """
            UPDATE gateway_state SET stopped_at = NULL, stop_reason = NULL, stopped_by = NULL, started_at = ?2
            WHERE gateway = ?1 AND stopped_at IS NOT NULL
            """, gateway, now)
        return early + bound > 0
    }

    /// The reasons of stops that wait for first contact, by gateway.
    public static func earlyStops(_ tx: Transaction) throws -> [String: String] {
        let rows = try tx.rows("SELECT gateway, stop_reason FROM early_stops") { row in
            (try row.get("gateway", as: String.self), try row.get("stop_reason", as: String.self))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    private static func moveEarlyStop(_ gateway: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE gateway_state SET (stopped_at, stop_reason, stopped_by) =
                (SELECT stopped_at, stop_reason, stopped_by FROM early_stops WHERE gateway = ?1)
            WHERE gateway = ?1 AND stopped_at IS NULL AND EXISTS (SELECT 1 FROM early_stops WHERE gateway = ?1)
            """, gateway)
        try tx.execute("DELETE FROM early_stops WHERE gateway = ?1", gateway)
    }

    /// One more answer that was none. The fifth in a row opens the circuit (money.md 14).
    ///
    /// - Returns: true when it opened now.
    public static func noteUnknown(
        _ gateway: String, unknownsMax: Int, probeAt: Instant, now: Instant, _ tx: Transaction
    ) throws -> Bool {
        try tx.execute("UPDATE gateway_state SET unknowns_in_a_row = unknowns_in_a_row + 1 WHERE gateway = ?1", gateway)
        return try tx.execute(
            """
            UPDATE gateway_state SET circuit_opened_at = ?2, probe_at = ?3
            WHERE gateway = ?1 AND circuit_opened_at IS NULL AND unknowns_in_a_row >= ?4
            """, gateway, now, probeAt, unknownsMax) == 1
    }

    public static func noteAnswer(_ gateway: String, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE gateway_state SET unknowns_in_a_row = 0 WHERE gateway = ?1 AND unknowns_in_a_row > 0", gateway)
    }

    /// Takes the right to send the one probe that an open circuit allows; false when another has it.
    public static func takeProbe(_ gateway: String, now: Instant, nextAt: Instant, _ tx: Transaction) throws -> Bool {
        try tx.execute(
            """
            UPDATE gateway_state SET probe_at = ?3
            WHERE gateway = ?1 AND circuit_opened_at IS NOT NULL AND probe_at <= ?2
            """, gateway, now, nextAt) == 1
    }

    /// - Returns: true when it was open.
    public static func closeCircuit(_ gateway: String, _ tx: Transaction) throws -> Bool {
        try tx.execute(
            """
            UPDATE gateway_state SET circuit_opened_at = NULL, probe_at = NULL, unknowns_in_a_row = 0
            WHERE gateway = ?1 AND circuit_opened_at IS NOT NULL
            """, gateway) == 1
    }

    public static func setRate(_ gateway: String, permille: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE gateway_state SET rate_permille = ?2, rate_changed_at = ?3 WHERE gateway = ?1", gateway, permille,
            now)
    }

    /// The newest instant at which this pass works, and what the gateway's clock showed (money.md 12).
    public static func noteClock(_ gateway: String, now: Instant?, gatewayDate: Instant?, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE gateway_state SET gateway_date = COALESCE(?3, gateway_date),
                clock_skew_ms = CASE WHEN ?2 IS NULL OR ?3 IS NULL THEN clock_skew_ms ELSE ?2 - ?3 END,
                newest_at = CASE WHEN ?2 IS NULL THEN newest_at WHEN newest_at IS NULL OR newest_at < ?2 THEN ?2
                    ELSE newest_at END
            WHERE gateway = ?1
            """, gateway, now, gatewayDate)
    }

    /// Everything that came due until then has been planned at this gateway.
    public static func notePlanned(_ gateway: String, through now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE gateway_state SET planned_at = ?2
            WHERE gateway = ?1 AND (planned_at IS NULL OR planned_at < ?2)
            """, gateway, now)
    }
}
