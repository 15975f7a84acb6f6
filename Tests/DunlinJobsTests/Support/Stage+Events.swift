import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs
@testable import DunlinLedger

/// The gateway's events, and how they reach the ledger.
extension Stage {
    /// Everything that the gateway has told so far and nobody has taken, oldest first.
    func takeEvents() -> [GatewayEvent] {
        let due = sandbox.dueDeliveries(at: clock.now.milliseconds)
        for delivery in due { sandbox.recordDelivery(delivery.id, status: 200, at: clock.now.milliseconds) }
        return due.compactMap { try? EventParser.event($0.body) }
    }

    /// Takes an event in, as the inbox does.
    @discardableResult
    func deliver(_ event: GatewayEvent, mode: GatewayMode = .test) async throws -> StoredEvent.State {
        let now = clock.now
        let new = NewEvent(gateway: name, event: event, source: .webhook, bodyHash: "hash of \(event.id)")
        return try await database.write { tx in try EventInbox.store(new, mode: mode, now: now, tx) }
    }

    func deliver(_ events: [GatewayEvent]) async throws {
        for event in events { try await deliver(event) }
    }

    /// The stored event of this type; the only one.
    func storedEvent(_ type: String) async throws -> StoredEvent {
        let found = try await database.read { tx in
            try tx.rows("SELECT * FROM events WHERE type = ?1", type, read: StoredEvent.init)
        }
        return try #require(found.count == 1 ? found[0] : nil, "\(found.count) events of type \(type)")
    }

    func eventStates() async throws -> [String] {
        try await text("SELECT state || ' ' || type FROM events ORDER BY type, event_id")
    }

    /// What the ledger says about money, without times: two ledgers that agree on it ended the same.
    func moneyState() async throws -> [String] {
        try await text(
            """
            SELECT 'invoice ' || state || ' ' || COALESCE(waits_for, '-') || ' late ' || is_late || ' collected '
                || collected_minor || ' refunded ' || refunded_minor || ' disputed ' || disputed_minor
            FROM invoices ORDER BY id
            """)
            + text("SELECT 'intent ' || number || ' ' || status FROM intents ORDER BY id")
            + text("SELECT 'attempt ' || number || ' ' || state FROM attempts ORDER BY id")
            + text("SELECT 'refund ' || amount_minor || ' ' || state FROM refunds ORDER BY gateway_id")
            + text("SELECT 'dispute ' || amount_minor || ' ' || status FROM disputes ORDER BY gateway_id")
    }
}

extension Stage {
    /// Posts as a client of WooshPay would.
    func postJSON(_ path: String, _ json: String) throws {
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: path,
                headers: [
                    "authorization": "Basic " + Data("\(Self.key):".utf8).base64EncodedString(),
                    "content-type": "application/json",
                ], body: Array(json.utf8), receivedAt: clock.now.milliseconds,
                dialect: .wooshpay))
        #expect(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
    }

    func delete(_ path: String) {
        let response = sandbox.handle(
            SandboxRequest(
                method: "DELETE", path: path, headers: ["authorization": "Bearer " + Self.key],
                receivedAt: clock.now.milliseconds, dialect: .stripe))
        #expect(response.status == 200)
    }
}
