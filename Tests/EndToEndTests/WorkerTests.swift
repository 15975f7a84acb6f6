import DunlinSandbox
import Foundation
import Testing

/// The long-lived worker.
@Suite(.fewAtOnce) struct WorkerTests {
    private static let worker = ["run", "--now", Dates.start]

    /// What is in flight ends and is recorded, nothing new is begun, and the end is a good one.
    @Test(arguments: [SIGTERM, SIGINT], GatewayName.allCases)
    func aWorkerThatIsToldToStopEndsWhatItBegan(signal: Int32, gateway: GatewayName) async throws {
        let stage = try await Stage(gateway, settings: ["DUNLIN_WORKER_CONCURRENCY": "1"])
        let hold = stage.server.hold(.afterEffect, GatewayRequest.confirm)
        let worker = try stage.site.program.start(Self.worker + ["--log-level", "debug"])
        try await worker.waits(for: hold.reached)
        worker.signal(signal)
        try await worker.logs("Triggering graceful shutdown")
        hold.letGo()
        let ended = try await worker.end()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(stage.audit.successes == 1)
        #expect(try await stage.site.invoices("paid") == 1)
        #expect(try await stage.site.list("attempts", "--state", "succeeded").count == 1)
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(2)
    }

    /// At the most talkative level too (P9).
    @Test func theLogShowsNoKeyAndNoCardholdersSecret() async throws {
        let stage = try await Stage(settings: [
            "DUNLIN_LOG_LEVEL": "trace", "DUNLIN_STRIPE_WEBHOOK_SECRET": "whsec_canary0123456789",
        ])
        let hold = stage.server.hold(.afterEffect, GatewayRequest.confirm)
        let worker = try stage.site.program.start(Self.worker)
        try await worker.waits(for: hold.reached)
        worker.terminate()
        hold.letGo()
        let ended = try await worker.end()
        #expect(ended.error.contains("worker started"))
        for secret in [Site.key, "whsec_canary", "_secret_", "Bearer "] { #expect(!ended.error.contains(secret)) }
    }

    @Test func anIdleWorkerStopsAtOnceAndSendsNothingWhileItHasNothingToDo() async throws {
        let stage = try await Stage(settings: ["DUNLIN_WORKER_POLL_SECONDS": "1"])
        try await stage.site.pass()
        let requests = stage.server.requests.count
        let worker = try stage.site.program.start(["run", "--now", Dates.after(60)])
        try await worker.logs("worker started")
        worker.terminate()
        let ended = try await worker.end()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(stage.server.requests.count == requests)
    }

    /// What is imported while the worker runs is charged by it.
    @Test func aWorkerChargesWhatIsImportedWhileItRuns() async throws {
        let stage = try await Stage(settings: ["DUNLIN_WORKER_POLL_SECONDS": "1"])
        try await stage.site.pass()
        let worker = try stage.site.program.start(["run", "--now", Dates.after(60)])
        let hold = stage.server.hold(.afterEffect, GatewayRequest.confirm)
        let rows = try (0..<3).map { index in
            SampleSubscription(
                card: try stage.model.save(card: "pm_card_visa"), gateway: .stripe, amountMinor: 1_200 + index)
        }
        try stage.site.write(rows, ids: 10..<13)
        let imported = try await stage.site.program.run(
            ["import", "customers.csv", "payment_methods.csv", "subscriptions.csv"] + stage.site.clock(after: 60))
        #expect(imported.status == 0, "\(imported.error)")
        try await worker.waits(for: hold.reached)
        worker.terminate()
        hold.letGo()
        #expect(try await worker.end().status == 0)
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(5)
    }

    /// Charging that a person stopped sends no money request; started again it goes on where it was.
    @Test func whileChargingIsStoppedNothingIsSent() async throws {
        let stage = try await Stage()
        try await stage.site.pass(after: -60)
        let stopped = try await stage.site.program.run("charging", "stop", "--reason", "a test")
        #expect(stopped.status == 0, "\(stopped.error)")
        let requests = stage.server.requests.count(where: \.writes)
        let ended = try await stage.site.program.run(stage.site.passArguments())
        #expect(stage.server.requests.count(where: \.writes) == requests, "\(ended.output)")
        let status = try await stage.site.program.run("status")
        #expect(status.output.split(separator: "\n").first?.contains("STOPPED") == true, "\(status.output)")
        #expect(try await stage.site.program.run("charging", "start", "--reason", "over").status == 0)
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(2)
    }
}
