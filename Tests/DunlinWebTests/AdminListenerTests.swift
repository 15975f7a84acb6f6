import AsyncHTTPClient
import DunlinWeb
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// The admin listener on a real loopback port.
@Suite(.timeLimit(.minutes(10))) struct AdminListenerTests {
    private static func withListener(_ body: (Int) async throws -> Void) async throws {
        let health = SickLedger.check(try await SickLedger.database { try $0.deadJob() })
        try await RunningListener.with(
            { told in
                AdminListener(
                    host: "127.0.0.1", port: 0, health: health, logger: SickLedger.silentLog, onListening: told)
            }, body)
    }

    private static func get(_ path: String, port: Int) async throws -> HTTPClientResponse {
        try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(60))
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
