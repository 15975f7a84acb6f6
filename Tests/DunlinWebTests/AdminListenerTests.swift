import AsyncHTTPClient
import DunlinWeb
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

/// The admin listener on a real loopback port.
@Suite(.timeLimit(.minutes(1))) struct AdminListenerTests {
    /// Starts a listener on a free port, hands the port over, and then ends it as SIGTERM would.
    private static func withListener(_ body: (Int) async throws -> Void) async throws {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let listener = AdminListener(
            host: "127.0.0.1", port: 0, health: SickLedger.check(try await SickLedger.database { try $0.deadJob() }),
            logger: SickLedger.silentLog, onListening: { told.yield($0) })
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: listener, successTerminationBehavior: .ignore)],
                logger: SickLedger.silentLog))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { told.finish() }
                try await group.run()
            }
            for await port in ports {
                do {
                    try await body(port)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }

    private static func get(_ path: String, port: Int) async throws -> HTTPClientResponse {
        try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(10))
    }

    @Test func itAnswersOverASocketAndEndsInOrder() async throws {
        let answered = Mutex(false)
        try await Self.withListener { port in
            let health = try await Self.get("/health?verbose", port: port)
            #expect(health.status.code == 503)
            #expect(health.headers["cache-control"] == ["no-store"])
            #expect(health.headers["server"] == [])
            let body = try await health.body.collect(upTo: 1 << 16)
            #expect(String(buffer: body).contains(#""code":"dead_jobs""#))
            let other = try await Self.get("/metrics", port: port)
            #expect(other.status.code == 404)
            _ = try await other.body.collect(upTo: 1 << 16)
            answered.withLock { $0 = true }
        }
        #expect(answered.withLock { $0 })
    }

    @Test func aTakenPortIsWarnedOfOnceAndDoneWithout() async throws {
        let warnings = Warnings()
        try await Self.withListener { port in
            let second = AdminListener(
                host: "127.0.0.1", port: port, health: SickLedger.check(try await SickLedger.database()),
                logger: Logger(label: "web", factory: { _ in warnings.handler }),
                onListening: { _ in Issue.record("the port was bound twice") })
            try await second.run()
            #expect(try await Self.get("/health", port: port).status.code == 503)
        }
        #expect(warnings.texts == ["the admin listener is off in this process"])
    }
}
