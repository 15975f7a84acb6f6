import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// What `dunlin events replay` does: all of them in one transaction, or none.
struct EventReplay: Sendable {
    /// More are replayed by calling it again.
    private static let failedMax = 10_000

    let ids: [String]
    let allFailed: Bool
    let gateway: String?

    private struct Replayed: Encodable, Sendable {
        let event: String
        let gateway: String
        let type: String
    }

    func run(_ context: Context) async throws -> ExitStatus {
        let database = try context.openDatabase(try context.settings())
        defer { database.close() }
        let now = context.clock.now()
        let replayed = try await database.write(step: "replay-events") { tx in
            try chosen(tx).map { stored in
                guard try EventInbox.replay(gateway: stored.gateway, id: stored.event.id, now: now, tx) else {
                    throw CommandFailure(
                        .badInput, "event \(stored.event.id) has nothing to be read again: \(stored.reason ?? "")")
                }
                return Replayed(event: stored.event.id, gateway: stored.gateway, type: stored.event.type)
            }
        }
        try context.output.show(replayed) {
            Table(
                [.left("EVENT"), .left("GATEWAY"), .left("TYPE")],
                rows: replayed.map { [$0.event, $0.gateway, $0.type] })
        }
        context.output.remark("\(replayed.count) to be applied in the next pass")
        return .done
    }

    private func chosen(_ tx: Transaction) throws -> [StoredEvent] {
        if allFailed {
            return try Events.unapplied(limit: Self.failedMax, tx).filter {
                $0.state == .failed && (gateway == nil || $0.gateway == gateway)
            }
        }
        return try ids.map { id in
            let found = try Events.find(id: id, tx).filter { gateway == nil || $0.gateway == gateway }
            guard let stored = found.first else { throw CommandFailure(.badInput, "there is no event \(id)") }
            guard found.count == 1 else {
                throw CommandFailure(.badInput, "\(found.count) gateways have an event \(id): say which with --gateway")
            }
            return stored
        }
    }
}
