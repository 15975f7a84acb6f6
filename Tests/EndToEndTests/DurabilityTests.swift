import DunlinSandbox
import Foundation
import Testing

/// Nothing is sent before it is on disk (P3), and a store that fails stops everything (P10).
@Suite(.fewAtOnce) struct DurabilityTests {
    static let strace = ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private static let calls = "fsync,fdatasync,write,writev,sendto,sendmsg"

    /// A watched pass tells how many syncs come before each request that writes. Then the last of them fails: that
    /// request is never sent.
    @Test(.enabled(if: strace != nil, "strace is not installed"), arguments: GatewayName.allCases)
    func whenTheSyncBeforeARequestFailsItIsNeverSent(gateway: GatewayName) async throws {
        let tracer = try #require(Self.strace)
        for endpoint in [GatewayRequest.create, GatewayRequest.confirm] {
            let watched = try await Stage(gateway, cards: ["pm_card_visa"])
            _ = try await watched.site.program.run(
                below: tracer, ["-f", "-s", "80", "-e", "trace=\(Self.calls)", "-o", "trace"],
                watched.site.passArguments())
            let syncs = try Self.syncs(before: endpoint, in: try watched.site.program.read("trace"))
            try #require(syncs > 0, "a request was sent before anything was synced")

            let stage = try await Stage(gateway, cards: ["pm_card_visa"])
            let ended = try await stage.site.program.run(
                below: tracer,
                ["-f", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO:when=\(syncs)+"],
                stage.site.passArguments())
            #expect(ended.status == 4, "\(ended.error)")
            #expect(stage.server.count(endpoint) == 0, "\(endpoint)")
            try await stage.site.settle()
            try await stage.expectsEachCollectedOnce(1)
        }
    }

    /// With no sync that ever succeeds, no request that writes leaves at all.
    @Test(.enabled(if: strace != nil, "strace is not installed"))
    func whenNothingCanBeSyncedNothingIsSent() async throws {
        let tracer = try #require(Self.strace)
        let stage = try await Stage()
        let ended = try await stage.site.program.run(
            below: tracer, ["-f", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO"],
            stage.site.passArguments())
        #expect(ended.status == 4, "\(ended.error)")
        #expect(stage.server.requests.allSatisfy { !$0.writes })
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(2)
    }

    /// A disk that is full at whatever point: status 4, nothing half-written, and the next pass ends it.
    @Test(arguments: [16, 48, 96, 160, 224, 288, 352])
    func aDiskThatIsFullStopsThePassAndLosesNothing(kilobytes: Int) async throws {
        let stage = try await Stage(cards: Array(repeating: "pm_card_visa", count: 20)) {
            $0.ignoresIdempotencyKeys = true
        }
        // The limit is on each file; without the trap the system would end the program.
        let ended = try await stage.site.program.run(
            below: "/bin/bash", ["-c", "trap '' XFSZ; ulimit -f \(kilobytes); exec \"$0\" \"$@\""],
            stage.site.passArguments())
        #expect(ended.status == 4, "\(ended.status) \(ended.output) \(ended.error)")
        #expect(ended.error.contains("Error: "))
        let confirmed = stage.server.count(GatewayRequest.confirm)
        let known = try await stage.site.list("attempts").count
        #expect(known >= confirmed, "every confirm that left was on disk before")
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(20)
    }

    /// - Returns: how many syncs succeeded before the first request to the endpoint was written to its socket.
    private static func syncs(before endpoint: String, in trace: String) throws -> Int {
        let mark = endpoint == GatewayRequest.create ? "\"POST /v1/payment_intents HTTP" : "/confirm HTTP"
        var count = 0
        for line in trace.split(separator: "\n") {
            if line.contains(mark) { return count }
            let isSync = line.contains("fsync(") || line.contains("fdatasync(") || line.contains("sync resumed>")
            if isSync, line.hasSuffix("= 0") { count += 1 }
        }
        Issue.record("the trace shows no such request")
        return 0
    }
}
