public import DunlinCalendar

/// Which events to list: those made at or after an instant of the gateway's clock, newest first.
public struct EventQuery: Hashable, Sendable {
    public var createdFrom: Instant
    /// The last event of the page before; nil for the first page.
    public var afterEventID: String?

    public init(createdFrom: Instant, afterEventID: String? = nil) {
        self.createdFrom = createdFrom
        self.afterEventID = afterEventID
    }
}

extension WatchingGateway {
    /// A gateway that lists no events tells of them by webhook only.
    public func events(_ query: EventQuery) async -> GatewayReply<ListPage<GatewayEvent>> {
        GatewayReply(
            .refused(
                Refusal(
                    kind: .request, httpStatus: 0, code: "not_supported",
                    message: "the gateway lists no events; not sent")), exchanges: [])
    }
}
