public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// An event of the inbox.
public struct StoredEvent: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, ColumnValue, CaseIterable {
        case received, applied, ignored, failed

        /// The object still has to be read again.
        public var isOpen: Bool { self == .received || self == .failed }
    }

    /// How an event came here.
    public enum Source: String, Hashable, Sendable, ColumnValue {
        case webhook, `import`, listed
    }

    public var gateway: String
    public var event: GatewayEvent
    public var state: State
    public var reason: String?
    public var isForeign: Bool
    public var receivedAt: Instant

    init(_ row: Row) throws {
        gateway = try row.get("gateway")
        let mode: GatewayMode? = try row.get("mode")
        event = GatewayEvent(
            id: try row.get("event_id"), type: try row.get("type"), objectType: try row.get("object_type"),
            objectID: try row.get("object_id"), intentID: try row.get("intent_id"),
            customerID: try row.get("customer_id"),
            metadata: IntentMetadata(
                reference: try row.get("reference"), subscriptionID: try row.get("subscription_id"),
                period: try row.get("period_start"), databaseID: try row.get("database_id")),
            isLive: mode.map { $0 == .live }, account: try row.get("account"), apiVersion: try row.get("api_version"),
            createdAt: try row.get("created_at"))
        state = try row.get("state")
        reason = try row.get("reason")
        isForeign = try row.get("is_foreign")
        receivedAt = try row.get("received_at")
    }
}

/// An event to be stored, with what is known of its delivery.
public struct NewEvent: Sendable {
    public var gateway: String
    public var event: GatewayEvent
    public var source: StoredEvent.Source
    /// SHA-256 in hex of the body as it came.
    public var bodyHash: String
    /// True when the signature is older than the tolerance.
    public var isStale: Bool
    public var signedAt: Instant?
    /// Allowed headers, a line each.
    public var headers: String?

    public init(
        gateway: String, event: GatewayEvent, source: StoredEvent.Source, bodyHash: String, isStale: Bool = false,
        signedAt: Instant? = nil, headers: String? = nil
    ) {
        self.gateway = gateway
        self.event = event
        self.source = source
        self.bodyHash = bodyHash
        self.isStale = isStale
        self.signedAt = signedAt
        self.headers = headers
    }
}
