public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The table `exchanges`: the allowed fields of each gateway call.
public enum Exchanges {
    public static func add(
        _ exchanges: [Exchange], gateway: String, invoiceID: Int64? = nil, attemptNumber: Int? = nil, _ tx: Transaction
    ) throws {
        for exchange in exchanges {
            try tx.execute(
                """
                INSERT INTO exchanges (gateway, started_at, elapsed_ms, method, path, http_status, request_id,
                    is_replay, error_type, error_code, decline_code, object_id, fault, invoice_id, attempt_number)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                """, gateway, exchange.startedAt, exchange.elapsedMilliseconds, exchange.method, exchange.path,
                exchange.httpStatus, exchange.requestID, exchange.isReplay, exchange.errorType, exchange.errorCode,
                exchange.declineCode, exchange.objectID, exchange.fault, invoiceID, attemptNumber)
        }
    }

    /// Removes the oldest ones, at most `limit` of them.
    public static func prune(startedBefore: Instant, limit: Int, _ tx: Transaction) throws -> Int {
        try tx.execute(
            """
            DELETE FROM exchanges WHERE id IN (
                SELECT id FROM exchanges WHERE started_at < ?1 ORDER BY started_at LIMIT ?2)
            """, startedBefore, limit)
    }
}
