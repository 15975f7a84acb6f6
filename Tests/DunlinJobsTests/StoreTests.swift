import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Synchronization
import Testing

@testable import DunlinJobs

/// Rule 27 and promises P3 and P10 of docs/proof.md: a bad store stops everything, a bad row stops only itself.
@Suite struct StoreTests {
    /// Which commits fail; those of the owner's own writes are not counted.
    private final class Disk: Sendable {
        private let state = Mutex((commits: 0, isArmed: false, hasFailed: false))
        let plan: @Sendable (Int) -> DatabaseError.Code?

        init(_ plan: @escaping @Sendable (Int) -> DatabaseError.Code?) { self.plan = plan }

        var hasFailed: Bool { state.withLock { $0.hasFailed } }
        var commits: Int { state.withLock { $0.commits } }
        func arm() { state.withLock { $0.isArmed = true } }
        func repair() { state.withLock { $0.isArmed = false } }

        var faults: DatabaseFaults {
            DatabaseFaults { [self] _ in
                state.withLock { state in
                    guard state.isArmed else { return nil }
                    state.commits += 1
                    guard let code = plan(state.commits) else { return nil }
                    state.hasFailed = true
                    return code
                }
            }
        }
    }

    private static func stage(_ disk: Disk, onDisk: Bool = false) async throws -> Stage {
        let stage = try Stage {
            $0.faults = disk.faults
            $0.isOnDisk = onDisk
        }
        try await stage.customer()
        try await stage.subscribe()
        disk.arm()
        return stage
    }

    @Test(arguments: [DatabaseError.Code.ioError, .full])
    func noRequestThatMovesMoneyLeavesOnceACommitHasFailed(_ code: DatabaseError.Code) async throws {
        for first in 1...14 {
            let disk = Disk { $0 >= first ? code : nil }
            let stage = try await Self.stage(disk)
            stage.wire.disturb { request in
                #expect(!request.kind.isMoney || !disk.hasFailed, "\(request.kind) after commit \(first) had failed")
                return nil
            }
            _ = try? await stage.pass()
            #expect(disk.hasFailed || first > 10)
        }
    }

    @Test func withoutADurableAttemptTheGatewayIsNotAskedForMoney() async throws {
        let disk = Disk { _ in .ioError }
        let stage = try await Self.stage(disk, onDisk: true)
        await #expect(throws: DatabaseError.self) { try await stage.pass() }
        #expect(stage.wire.moneyRequests.isEmpty)
        #expect(stage.sandbox.audit.requestsByEndpoint["POST /v1/payment_intents"] == nil)
    }

    @Test(arguments: [DatabaseError.Code.ioError, .full, .busy])
    func aStoreThatFailsOnceAnywhereLosesNothing(_ code: DatabaseError.Code) async throws {
        for commit in 1...12 {
            let disk = Disk { $0 == commit ? code : nil }
            let stage = try await Self.stage(disk)
            while !disk.hasFailed { _ = try? await stage.pass() }
            try await stage.run(days: 2)
            let problems = try await Judge.problems(stage, .paid)
            #expect(problems == [], "commit \(commit)")
            #expect(stage.wire.count(.confirm) == 1)
        }
    }

    @Test func anOutcomeIsWrittenAgainUntilTheStoreTakesIt() async throws {
        let failing = Disk { $0 <= 5 ? .ioError : nil }
        let stage = try await Self.stage(failing)
        failing.repair()
        stage.wire.afterEffect { request in
            if request.kind == .confirm { failing.arm() }
        }
        try await stage.pass()
        #expect(failing.commits > 5)
        #expect(stage.wire.count(.retrieve) == 0)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aStoreThatStaysBrokenEndsThePassAndNothingIsHalfWritten() async throws {
        let disk = Disk { _ in .full }
        let stage = try await Self.stage(disk)
        disk.repair()
        stage.wire.afterEffect { request in
            if request.kind == .confirm { disk.arm() }
        }
        await #expect(throws: DatabaseError.self) { try await stage.pass() }
        disk.repair()
        // Nothing is read before a write has shown that the store takes them again.
        await #expect(throws: DatabaseError.self) { try await stage.attempts() }
        try await stage.database.write { _ in }
        #expect(try await stage.attempts().map(\.state) == [.sending])
        try await stage.run(days: 2)
        #expect(stage.wire.count(.confirm) == 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    // MARK: - Bad rows

    @Test func aBadRowIsParkedWithItsReasonAndTheBatchGoesOn() async throws {
        let stage = try Stage()
        try await stage.customer()
        let edits: [(String, @Sendable (inout Subscription) -> Void)] = [
            ("zone", { $0.timeZone = "Mars/Olympus" }), ("currency", { $0.currency = "XXQ" }),
            ("anchor", { $0.anchor = "yesterday" }), ("method", { $0.paymentMethodID = nil }),
            ("small", { $0.amountMinor = 1 }), ("replaces", { $0.replaces = "nobody" }),
        ]
        for (id, edit) in edits {
            try await stage.subscribe(id, amountMinor: 1500) { edit(&$0) }
        }
        try await stage.customer("elsewhere", gateway: "unheard-of")
        try await stage.subscribe("gateway", customer: "elsewhere")
        try await stage.subscribe("good")
        let result = try await stage.pass()
        #expect(result.parked == 6)
        #expect(
            try await stage.text("SELECT subscription_id FROM billing_state WHERE state = 'parked' ORDER BY 1")
                == ["anchor", "currency", "gateway", "replaces", "small", "zone"])
        #expect(try await stage.text("SELECT parked_reason FROM billing_state WHERE parked_reason = ''") == [])
        #expect(try await stage.invoice("good").state == .paid)
        #expect(try await stage.violations() == [])
    }

    @Test func aParkedRowThatWasMendedIsBilled() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe { $0.timeZone = "Mars/Olympus" }
        try await stage.pass()
        #expect(stage.wire.moneyRequests.isEmpty)
        try await stage.edit { $0.timeZone = "UTC" }
        try await stage.run(days: 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }
}
