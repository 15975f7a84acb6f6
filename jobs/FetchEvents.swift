import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Lists the events of each gateway that lists them, and takes in what no webhook brought.
///
/// Each run begins a while before the point that the last complete one reached, since an event may be shown later than
/// it was made; what is known is passed over. A list that breaks off leaves the point where it was.
struct FetchEvents: ScheduledJob {
    static let kind = "fetch-events"
    static let options = [ScheduledOption.days("back", in: 1...30)]
    /// Older events are not listed (stripe.md 2.5).
    static let daysMax: Int64 = 30
    static let overlapSeconds: Int64 = 15 * 60

    let billing: Billing

    func run(_ run: ScheduledRun) async throws {
        for name in billing.gateways.keys.sorted() {
            guard let gateway = billing.gateways[name] else { continue }
            try await FetchedEvents(billing: billing, gateway: gateway, run: run).fetch()
        }
    }
}

/// One gateway's list, page by page.
private struct FetchedEvents: Sendable {
    let billing: Billing
    let gateway: BillingGateway
    let run: ScheduledRun

    private var name: String { gateway.name }

    func fetch() async throws {
        guard let from = try await begin() else { return }
        var query = EventQuery(createdFrom: from)
        var readThrough: Instant?
        var missed = 0
        while true {
            let reply = await gateway.driver.events(query)
            if case .refused(let refusal) = reply.result, refusal.code == "not_supported" { return }
            guard case .value(let page) = reply.result else { return try await breakOff(reply) }
            // What the gateway's clock showed when the list began; else the newest event, which comes first.
            readThrough = readThrough ?? reply.exchanges.last?.gatewayDate ?? page.items.first?.createdAt
            missed += try await store(page.items, reply.exchanges)
            guard page.hasMore, let last = page.items.last, last.id != query.afterEventID else { break }
            query.afterEventID = last.id
        }
        try await end(readThrough: readThrough ?? from, missed: missed)
    }

    /// - Returns: where to begin; nil where nothing is to be asked: the data file is not bound to this key, or the
    ///   gateway does not answer now.
    private func begin() async throws -> Instant? {
        let (state, cursor) = try await billing.database.read { [name] tx in
            (try GatewayStates.find(name, tx), try EventCursors.find(name, tx))
        }
        guard let state, state.keyHash == gateway.driver.keyHash, state.circuitOpenedAt == nil else { return nil }
        let oldest = run.now.adding(days: -run.days("back", or: FetchEvents.daysMax))
        let wanted = (cursor?.readThrough ?? state.boundAt).adding(seconds: -FetchEvents.overlapSeconds)
        if cursor != nil, wanted < oldest {
            billing.logger.warning(
                "events that are older than the list are not made up for: reconcile",
                metadata: ["gateway": "\(name)", "from": "\(wanted)", "to": "\(oldest)"])
        }
        return max(wanted, oldest)
    }

    private func store(_ events: [GatewayEvent], _ exchanges: [Exchange]) async throws -> Int {
        let (name, mode, clock, lease) = (name, gateway.driver.mode, billing.clock, run.claimed.lease)
        return try await billing.database.write(step: "fetch-events") { tx in
            let now = clock.now()
            _ = try JobQueue.renew(lease, leaseSeconds: ScheduledRun.leaseSeconds, now: now, tx)
            try Exchanges.add(exchanges, gateway: name, tx)
            return try events.count { try EventInbox.storeListed($0, gateway: name, mode: mode, now: now, tx) }
        }
    }

    private func end(readThrough: Instant, missed: Int) async throws {
        let (name, now) = (name, billing.clock.now())
        try await billing.database.write(step: "note-event-cursor") { tx in
            try EventCursors.note(name, readThrough: readThrough, missed: missed, now: now, tx)
        }
        guard missed > 0 else { return }
        billing.logger.notice(
            "events were fetched that no webhook had brought", metadata: ["gateway": "\(name)", "events": "\(missed)"])
    }

    /// The next tick begins where this one began.
    private func breakOff(_ reply: GatewayReply<ListPage<GatewayEvent>>) async throws {
        let failure = GatewayUnavailable(reply.result, about: "events")
        billing.logger.warning(
            "events could not be listed", metadata: ["gateway": "\(name)", "reason": "\(failure.description)"])
        let (name, now) = (name, billing.clock.now())
        try await billing.database.write(step: "events-not-listed") { tx in
            try Exchanges.add(reply.exchanges, gateway: name, tx)
            if failure.isSilence { try Circuit(gateway: name, billing: billing, now: now).noteUnknown(tx) }
        }
    }
}
