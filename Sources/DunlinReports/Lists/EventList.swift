import DunlinCalendar
public import DunlinDatabase

extension ListReport {
    /// The events of the inbox, newest last.
    ///
    /// - Parameters:
    ///   - filter: its `after` is the id of an event.
    ///   - type: only events of this type.
    ///   - isForeign: true for events about objects that no debt of this database knows.
    /// - Throws: `ReportError` for a state that no event ever has.
    public static func events(
        _ filter: ListFilter, gateway: String? = nil, type: String? = nil, isForeign: Bool = false
    ) throws -> ListReport {
        if let state = filter.state, !EventCells.states.contains(state) {
            throw ReportError(
                .badFilter,
                "no event is ever \(state); the states are \(EventCells.states.joined(separator: ", "))")
        }
        var query = ListQuery(EventCells.select, order: "e.event_id", limit: filter.limit)
        query.require("e.state", is: filter.state)
        query.require("e.gateway", is: gateway)
        query.require("e.type", is: type)
        if isForeign { query.require("e.is_foreign", is: true) }
        query.require("e.event_id", isAfter: filter.after)
        return ListReport(
            name: "events", columns: EventCells.columns,
            shortColumns: ["event_id", "gateway", "type", "object_id", "received_at", "state", "reason"], query: query,
            cells: EventCells.cells)
    }
}

extension Story {
    /// An event, with what became of it.
    ///
    /// - Parameter gateway: needed where two gateways have an event of this id.
    /// - Throws: `ReportError` when there is no such event, or several.
    public static func event(_ id: String, gateway: String?, _ tx: Transaction) throws -> Story {
        let found = try tx.rows(
            "\(EventCells.select) WHERE e.event_id = ?1 AND (?2 IS NULL OR e.gateway = ?2) ORDER BY e.gateway", id,
            gateway,
            read: EventCells.cells)
        guard let cells = found.first else { throw ReportError(.notFound, "there is no event \(id)") }
        guard found.count == 1 else {
            throw ReportError(.badFilter, "\(found.count) gateways have an event \(id): say which with --gateway")
        }
        return Story(title: "event \(id)", fields: zip(EventCells.columns, cells).map { Field($0.name, $1) }, parts: [])
    }
}

/// How an event is shown.
enum EventCells {
    static let states = ["received", "applied", "ignored", "failed"]

    static let columns = [
        ReportColumn("event_id"), ReportColumn("gateway"), ReportColumn("type"), ReportColumn("object_type"),
        ReportColumn("object_id"), ReportColumn("intent_id"), ReportColumn("invoice_id", .integer),
        ReportColumn("reference"), ReportColumn("mode"), ReportColumn("api_version"), ReportColumn("source"),
        ReportColumn("is_stale", .integer), ReportColumn("is_foreign", .integer), ReportColumn("created_at", .time),
        ReportColumn("signed_at", .time), ReportColumn("received_at", .time), ReportColumn("deliveries", .integer),
        ReportColumn("state"), ReportColumn("reason"), ReportColumn("applied_at", .time), ReportColumn("body_sha256"),
        ReportColumn("headers"),
    ]

    static let select = """
        SELECT e.event_id AS event_id, e.gateway AS gateway, e.type AS type, e.object_type AS object_type,
            e.object_id AS object_id, e.intent_id AS intent_id,
            (SELECT t.invoice_id FROM intents t WHERE t.gateway = e.gateway AND t.gateway_id = e.intent_id) AS invoice_id,
            e.reference AS reference, e.mode AS mode, e.api_version AS api_version, e.source AS source,
            e.is_stale AS is_stale, e.is_foreign AS is_foreign, e.created_at AS created_at, e.signed_at AS signed_at,
            e.received_at AS received_at, e.deliveries AS deliveries, e.state AS state, e.reason AS reason,
            e.applied_at AS applied_at, e.body_hash AS body_sha256, e.headers AS headers
        FROM events e
        """

    static func cells(_ row: Row) throws -> [Cell] {
        try columns.map { column in
            switch column.kind {
            case .integer: Cell(try row.get(column.name, as: Int64?.self))
            case .time: Cell(try row.get(column.name, as: Instant?.self))
            default: Cell(try row.get(column.name, as: String?.self))
            }
        }
    }
}
