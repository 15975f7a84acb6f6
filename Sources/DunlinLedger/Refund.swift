public import DunlinCalendar
public import DunlinDatabase

/// Money that goes back, or was to: one row of `refunds`.
public struct Refund: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, ColumnValue {
        /// On disk; no request is on the wire, and none has had an effect.
        case requested
        /// A request may have left.
        case sending
        /// The gateway has it and has not ended it.
        case pending
        /// No answer says what became of it: it blocks every further refund of the intent.
        case unknown
        case succeeded, failed
        /// The gateway did not take it, or it was not sent after all.
        case refused

        public var isFinal: Bool { self == .succeeded || self == .failed || self == .refused }
    }

    public var id: Int64
    public var intentID: Int64
    public var number: Int
    public var amountMinor: Int64
    public var currencyCode: String
    public var reason: String
    public var gatewayID: String?
    public var state: State
    /// False when somebody made it at the gateway.
    public var isOurs: Bool
    /// Its name in metadata and its idempotency key; nil for one that is not ours.
    public var reference: String?
    public var note: String?
    /// Requests that may have had an effect, the one in flight included.
    public var sends: Int
    public var sentAt: Instant?
    public var sendBy: Instant?
    public var asks: Int
    public var emptyReadAt: Instant?
    public var serverFailedAt: Instant?
    /// The gateway's id as a person says it; nothing is believed before it was read.
    public var toldID: String?
    public var raisedAt: Instant?

    init(_ row: Row) throws {
        id = try row.get("id")
        intentID = try row.get("intent_id")
        number = try row.get("number")
        amountMinor = try row.get("amount_minor")
        currencyCode = try row.get("currency")
        reason = try row.get("reason")
        gatewayID = try row.get("gateway_id")
        state = try row.get("state")
        isOurs = try row.get("is_ours")
        reference = try row.get("reference")
        note = try row.get("note")
        sends = try row.get("sends")
        sentAt = try row.get("sent_at")
        sendBy = try row.get("send_by")
        asks = try row.get("asks")
        emptyReadAt = try row.get("empty_read_at")
        serverFailedAt = try row.get("server_failed_at")
        toldID = try row.get("told_id")
        raisedAt = try row.get("raised_at")
    }
}
