import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Foundation
import Synchronization
import Testing

@testable import DunlinJobs

/// Comparing both sides, and planting what is to be found.
extension Stage {
    /// - Parameter memory: takes the run instead of the data file.
    func reconcile(
        memory: Database? = nil, _ change: (inout Reconciliation.Options) -> Void = { _ in }
    ) async throws -> ReconcileRun {
        var options = Reconciliation.Options()
        change(&options)
        return try await Reconciliation(billing: try billing(), gateway: name, memory: memory).run(options)
    }

    func exceptions(of run: ReconcileRun, in store: Database? = nil) async throws -> [ReconcileException] {
        try await (store ?? database).read { tx in
            try ReconcileExceptions.of(runID: run.id, limit: 1000, tx).map(\.exception)
        }
    }

    /// `list object field` of everything that is found now.
    func differences(_ change: (inout Reconciliation.Options) -> Void = { _ in }) async throws -> [String] {
        let found = try await exceptions(of: try await reconcile(change))
        return found.map { "\($0.list.rawValue) \($0.object.rawValue)\($0.field.isEmpty ? "" : " \($0.field)")" }
    }

    /// An order to the sandbox itself: a difference that no gateway makes.
    @discardableResult
    func plant(_ method: String, _ path: String, _ json: String = "{}") throws -> [String: Any] {
        let response = sandbox.handle(
            SandboxRequest(
                method: method, path: "/_sandbox/" + path, headers: ["content-type": "application/json"],
                body: Array(json.utf8), receivedAt: clock.now.milliseconds))
        #expect(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
        return try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    /// The gateway's id of the only intent of the subscription's invoice.
    func latestIntentID(_ subscriptionID: String = "s1") async throws -> String {
        let found = try await intents(try await invoice(subscriptionID).id)
        return try #require(found.last?.gatewayID)
    }

    /// So many customers, each with a subscription that was paid.
    func bill(_ count: Int, cards: [Int: String] = [:]) async throws {
        for number in 1...count {
            try await customer("c\(number)", card: cards[number] ?? "pm_card_visa")
            try await subscribe("s\(number)", customer: "c\(number)", amountMinor: Int64(1000 + number))
        }
        try await pass()
    }

    /// Requests since then, by path, with ids left out.
    func reads(after place: Int) -> [String: Int] {
        let paths = wire.requests.dropFirst(place).map { request in
            request.path.split(separator: "/").map { $0.contains("_") && $0.count > 20 ? "{id}" : String($0) }
                .joined(separator: "/")
        }
        return Dictionary(paths.map { ($0, 1) }, uniquingKeysWith: +)
    }
}

/// Counts calls from 1.
final class CallCount: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
