import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 12 to 14 and 34 of docs/proof.md: clocks, keys, outages and the stop switch.
@Suite struct GatewayStateTests {
    private static func stage(_ change: (inout StageOptions) -> Void = { _ in }) async throws -> Stage {
        let stage = try Stage(change)
        try await stage.customer()
        try await stage.subscribe()
        return stage
    }

    // MARK: - Clock

    /// What came due is asked for by `prove` up to the newest pass that planned.
    @Test func aPassThatPlansNothingIsNoneThatPlanned() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe { $0.interval = "month" }
        try await stage.pass()
        func instants() async throws -> [String] {
            try await stage.text("SELECT newest_at || ' ' || planned_at FROM gateway_state")
        }
        let first = stage.clock.now
        stage.clock.advance(seconds: 40 * 86_400)
        try await stage.pass(options: { $0.plansDue = false })
        let parts = try #require(try await instants().first).split(separator: " ").compactMap { Int64($0) }
        #expect(parts.count == 2)
        #expect(try #require(parts.last) <= first.milliseconds)
        #expect(try #require(parts.first) > first.milliseconds)
        try await stage.pass()
        let after = try #require(try await instants().first).split(separator: " ").compactMap { Int64($0) }
        #expect(try #require(after.last) > first.milliseconds)
    }

    @Test(arguments: [Int64(400), -400])
    func aClockThatIsOffPlansAndChargesNothing(_ skew: Int64) async throws {
        let stage = try await Self.stage()
        stage.sandbox.addFault(FaultRule(.clockSkew, skewSeconds: skew))
        let result = try await stage.pass()
        guard case .clockRefused = result.refused[stage.name] else {
            Issue.record("\(result.refused)")
            return
        }
        #expect(try await stage.invoices().isEmpty)
        #expect(stage.wire.moneyRequests.isEmpty)
        stage.sandbox.removeFaults()
        try await stage.run(days: 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aClockWithinFiveMinutesWillDo() async throws {
        let stage = try await Self.stage()
        stage.sandbox.addFault(FaultRule(.clockSkew, skewSeconds: 290))
        #expect(try await stage.pass().refused.isEmpty)
        #expect(try await stage.invoice().state == .paid)
    }

    @Test func aClockBehindTheNewestPassIsRefused() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        stage.clock.set(stage.clock.now.adding(days: -2))
        stage.sandbox.addFault(FaultRule(.clockSkew, skewSeconds: -2 * 86_400))
        try await stage.subscribe("s2") { $0.billFrom = "anchor" }
        guard case .clockRefused(let why) = try await stage.pass().refused[stage.name] else {
            Issue.record("it was not refused")
            return
        }
        #expect(why.contains("behind the newest pass"))
        #expect(try await stage.invoices("s2").isEmpty)
    }

    @Test func aTravelledClockIsExemptAndItsInstantsDoNotCount() async throws {
        let stage = try await Self.stage()
        let start = stage.clock.now
        stage.clock.set(start.adding(days: 30))
        stage.sandbox.addFault(FaultRule(.clockSkew, skewSeconds: -30 * 86_400))
        #expect(try await stage.pass(rules: { $0.isTimeTravel = true }).refused.isEmpty)
        #expect(try await stage.gatewayState().newestAt == nil)
    }

    @Test func aGatewayThatDoesNotAnswerLeavesTheOthersToGoOn() async throws {
        let stage = try Stage()
        let silent = Wire(sandbox: stage.sandbox, dialect: .stripe, clock: stage.clock, fuse: stage.fuse)
        silent.disturb { _ in .lostBefore }
        stage.add(stage.gateway(try stage.driver(named: "silent", transport: silent)))
        try await stage.customer("c1", gateway: "silent")
        try await stage.subscribe("s1")
        try await stage.customer("c2")
        try await stage.subscribe("s2", customer: "c2")
        let result = try await stage.pass()
        guard case .noAnswer = result.refused["silent"] else {
            Issue.record("\(result.refused)")
            return
        }
        #expect(try await stage.invoices("s1").isEmpty)
        #expect(try await stage.invoice("s2").state == .paid)
    }

    // MARK: - Binding

    @Test func aKeyOfAnotherAccountIsRefusedBeforeAnythingIsSent() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        var world = SandboxOptions()
        world.seed = 99
        world.start = stage.clock.now.milliseconds
        let other = Wire(sandbox: Sandbox(world), dialect: .stripe, clock: stage.clock, fuse: stage.fuse)
        try await stage.subscribe("s2")
        let result = try await stage.pass(driver: stage.driver(key: "sk_test_other", transport: other))
        guard case .keyRefused(let why) = result.refused[stage.name] else {
            Issue.record("\(result.refused)")
            return
        }
        #expect(why.contains("adopt"))
        #expect(other.moneyRequests.isEmpty)
        #expect(try await stage.invoices("s2").isEmpty)
    }

    @Test func aNewKeyOfTheSameAccountGoesOn() async throws {
        let stage = try await Self.stage()
        let result = try await stage.pass(driver: stage.driver(key: "sk_test_rolled"))
        #expect(result.refused.isEmpty)
        try await stage.subscribe("s2")
        #expect(try await stage.pass().refused.isEmpty)
        #expect(try await stage.invoice("s2").state == .paid)
    }

    // MARK: - Outage

    @Test func fiveUnknownsInARowOpenTheCircuitAndOneAnswerClosesIt() async throws {
        let stage = try Stage()
        for number in 1...9 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        let isDown: @Sendable (WireRequest) async -> WireFault? = { request in
            request.kind == .list || request.kind == .account ? nil : .lostBefore
        }
        stage.wire.disturb(isDown)
        try await stage.pass { options in
            options.concurrency = 1
            options.waitSeconds = 0
        }
        #expect(stage.wire.moneyRequests.count == 5)
        #expect(try await stage.gatewayState().circuitOpenedAt != nil)

        stage.wire.disturb { _ in .lostBefore }
        stage.clock.advance(seconds: 31)
        let before = stage.wire.requests.count
        let result = try await stage.pass()
        guard case .noAnswer = result.refused[stage.name] else {
            Issue.record("\(result.refused)")
            return
        }
        #expect(Set(stage.wire.requests.dropFirst(before).map(\.kind)) == [.list], "only the probe")

        stage.wire.disturb(nil)
        try await stage.run(days: 3)
        #expect(try await stage.gatewayState().circuitOpenedAt == nil)
        #expect(stage.sandbox.audit.successes == 9)
        #expect(stage.sandbox.audit.doubles.isEmpty)
        #expect(try await stage.violations() == [])
    }

    @Test func attemptsThatACrashLeftUnconfirmedDoNotOpenTheCircuit() async throws {
        let stage = try Stage()
        stage.fuse.cut(beforeEach: "request-confirm")
        for number in 1...7 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
            await #expect(throws: RunCutOff.self) {
                try await stage.pass { options in
                    options.concurrency = 1
                    options.waitSeconds = 0
                }
            }
            stage.fuse.revive()
        }
        stage.fuse.disarm()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.gatewayState().circuitOpenedAt == nil)
        try await stage.run(days: 1)
        #expect(stage.sandbox.audit.successes == 7)
        #expect(try await stage.violations() == [])
    }

    // MARK: - The stop switch

    @Test func aStopBeforeFirstContactHoldsFromFirstContactOn() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe("s1")
        try await stage.stopCharging()
        try await stage.run(days: 1)
        #expect(stage.wire.moneyRequests.isEmpty)
        #expect(try await stage.text("SELECT stop_reason FROM gateway_state").count == 1)
    }

    @Test func aStoppedGatewaySendsNoMoneyRequestAndStillSettles() async throws {
        let stage = try Stage()
        for number in 1...3 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        // One create and one confirm are in flight when charging is stopped, and one debt has not been tried.
        stage.wire.disturb { request in
            request.kind == .create && request.number == 1 || request.kind == .confirm ? .lostAfter : nil
        }
        try await stage.pass { options in
            options.concurrency = 1
            options.waitSeconds = 0
            options.timeMaxSeconds = 0
        }
        for _ in 0..<2 {
            try await stage.worker(concurrency: 1).round()
        }
        #expect(stage.wire.moneyRequests.map(\.kind) == [.create, .create, .confirm])
        try await stage.stopCharging()
        stage.wire.disturb(nil)
        try await stage.run(days: 3)
        #expect(stage.wire.moneyRequests.count == 3)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(Set(try await stage.attempts().map(\.state)) == [.succeeded, .unknown])
        #expect(try await stage.violations() == [])

        try await stage.startCharging()
        try await stage.run(days: 3)
        #expect(stage.sandbox.audit.successes == 3)
        #expect(stage.sandbox.audit.doubles.isEmpty)
    }

    @Test(arguments: [(declined: 101, stops: true), (100, false)])
    func moreThanHalfOfTheLast200FirstAttemptsDeclinedStopsCharging(
        _ share: (declined: Int, stops: Bool)
    ) async throws {
        let stage = try await Self.stage()
        try await stage.bindGateway()
        try await stage.plantFirstAttempts(200, declined: share.declined)
        let result = try await stage.pass()
        #expect(result.stopped.isEmpty != share.stops)
        #expect(stage.wire.moneyRequests.isEmpty == share.stops)
    }

    @Test func fewerThan200FirstAttemptsStopNothing() async throws {
        let stage = try await Self.stage()
        try await stage.bindGateway()
        try await stage.plantFirstAttempts(198, declined: 198)
        #expect(try await stage.pass().stopped.isEmpty)
        #expect(try await stage.invoice().state == .paid)
    }

    @Test func aRunStopsBeforeItSendsMoreThanItsCeiling() async throws {
        let dollar = try #require(Currency("USD"))
        let stage = try Stage {
            $0.ceilings = [dollar: 2500]
            $0.concurrency = 1
        }
        for number in 1...4 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        let result = try await stage.pass()
        #expect(result.hasStoppedItself)
        #expect(result.stopped[stage.name]?.contains("ceiling") == true)
        #expect(stage.sandbox.audit.successes == 2)
    }
}
