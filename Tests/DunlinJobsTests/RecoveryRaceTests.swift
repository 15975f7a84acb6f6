import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Synchronization
import Testing

@testable import DunlinJobs

/// A link and everything that happens at the same moment: the retry of the schedule, the same link in another window,
/// the end of the process.
@Suite struct RecoveryRaceTests {
    private static func problems(_ stage: Stage, _ ending: Ending = .paid) async throws -> [String] {
        let atRest = try await Judge.problems(stage, ending)
        return try await atRest + Judge.problemsOfAnotherPass(stage)
    }

    /// A debt whose card was declined once and whose next try is due now.
    private static func retryingDebt(_ answers: [String?] = ["insufficient_funds"]) async throws -> Stage {
        let stage = try Stage()
        let card = try await stage.customer(card: "pm_card_authenticationRequiredSetupForOffSession")
        try await stage.subscribe()
        stage.script(card, answers)
        try await stage.pass()
        stage.clock.set(try #require(try await stage.invoice().invoice.nextAttemptAt))
        return stage
    }

    /// The visit is at the gateway while a worker takes what is due.
    @Test func theRetryOfTheScheduleAtTheSameMomentWaitsForTheCustomer() async throws {
        let stage = try await Self.retryingDebt()
        let worker = try stage.worker(concurrency: 5)
        let ran = Mutex(0)
        stage.wire.disturb { request in
            guard request.kind == .confirm || request.kind == .retrieve else { return nil }
            ran.withLock { $0 += 1 }
            _ = try? await worker.round()
            return nil
        }
        let url = try #require(try await stage.press().url)
        #expect(ran.withLock { $0 } > 0)
        stage.wire.disturb(nil)
        try await stage.pass()
        #expect(try await stage.attempts().count { $0.state.isInFlight } == 1)
        #expect(try stage.answer(url))
        try await stage.run(days: 2)
        #expect(try await Self.problems(stage) == [])
    }

    /// The worker is at the gateway while the customer presses the button.
    @Test func theCustomerAtTheMomentOfTheRetryIsToldToWait() async throws {
        let stage = try await Self.retryingDebt(["insufficient_funds", "insufficient_funds"])
        let visit = try stage.visit()
        let pages = Mutex<[RecoveryVisit.Answer]>([])
        stage.wire.disturb { request in
            guard request.kind == .confirm, pages.withLock({ $0.isEmpty }) else { return nil }
            if let answer = try? await visit.act(1, .pay, Stage.addresses) { pages.withLock { $0.append(answer) } }
            return nil
        }
        try await stage.pass()
        stage.wire.disturb(nil)
        #expect(pages.withLock { $0.first?.page?.state } == .checking)
        let url = try #require(try await stage.press().url)
        #expect(try stage.answer(url))
        try await stage.comeBack()
        #expect(try await Self.problems(stage) == [])
    }

    @Test(arguments: GatewayKind.allCases)
    func theLinkOpenedTwiceAtOnceHasOneAttempt(_ kind: GatewayKind) async throws {
        let stage = try Stage {
            $0.kind = kind
            $0.quirks.ignoresIdempotencyKeys = kind == .wooshpay
            $0.quirks.authenticationAs402 = kind == .wooshpay
        }
        try await stage.debtThatNeedsTheCustomer()
        let answers = try await withThrowingTaskGroup(of: RecoveryVisit.Answer.self) { group in
            for _ in 1...4 { group.addTask { try await stage.press() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let urls = Set(answers.compactMap(\.url))
        #expect(urls.count == 1)
        #expect(answers.compactMap(\.page).allSatisfy { $0.state == .checking || $0.state == .atBank })
        #expect(try await stage.attempts().count { $0.isOnSession } == 1)
        #expect(try stage.answer(try #require(urls.first)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...4 { group.addTask { try await stage.comeBack() } }
            try await group.waitForAll()
        }
        try await stage.run(until: stage.clock.now.adding(minutes: 10))
        #expect(try await Self.problems(stage) == [])
    }

    /// Every step of a whole visit, each the last one of its process: then the customer comes again.
    @Test(arguments: GatewayKind.allCases, [false, true])
    func aProcessThatIsKilledBetweenAnyTwoStepsOfAVisitCollectsOnce(_ kind: GatewayKind, as402: Bool) async throws {
        let whole = try await Self.tell(kind, as402, cut: nil)
        #expect(whole.problems == [])
        for cut in whole.first..<whole.steps.count {
            let told = try await Self.tell(kind, as402, cut: cut)
            #expect(told.problems == [], "cut off before step \(cut), \(whole.steps[cut])")
        }
    }

    /// The same, and the customer never comes again: the debt waits for them as before, and nothing is left open.
    @Test(arguments: GatewayKind.allCases, [false, true])
    func aCustomerWhoClosesTheBrowserLeavesTheDebtAsItWas(_ kind: GatewayKind, as402: Bool) async throws {
        let steps = try await Self.leave(kind, as402, cut: nil).steps
        for cut in steps.indices {
            let told = try await Self.leave(kind, as402, cut: cut)
            #expect(told.problems == [], "cut off before step \(cut), \(steps[cut])")
        }
    }

    private static func stage(_ kind: GatewayKind, _ as402: Bool) throws -> Stage {
        try Stage {
            $0.kind = kind
            $0.quirks.ignoresIdempotencyKeys = kind == .wooshpay
            $0.ignoresKeys = kind == .stripe && as402
            $0.quirks.authenticationAs402 = as402
        }
    }

    private static func tell(
        _ kind: GatewayKind, _ as402: Bool, cut: Int?
    ) async throws -> (first: Int, steps: [String], problems: [String]) {
        let stage = try stage(kind, as402)
        try await stage.debtThatNeedsTheCustomer()
        let first = stage.fuse.names.count
        if let cut { stage.fuse.cut(before: cut) }
        for _ in 1...5 {
            do {
                if let url = try await stage.press().url { try stage.answer(url) }
                try await stage.comeBack()
            } catch is RunCutOff {
                stage.fuse.revive()
            }
            if try await stage.look().state == .paid { break }
            // A worker runs beside it; a process that died held its job for at most a lease.
            try await stage.run(until: stage.clock.now.adding(minutes: 15))
        }
        let steps = stage.fuse.names
        stage.fuse.disarm()
        try await stage.run(until: stage.clock.now.adding(hours: 2))
        return (first, steps, try await problems(stage))
    }

    private static func leave(
        _ kind: GatewayKind, _ as402: Bool, cut: Int?
    ) async throws -> (steps: ArraySlice<String>, problems: [String]) {
        let stage = try stage(kind, as402)
        try await stage.debtThatNeedsTheCustomer()
        let first = stage.fuse.names.count
        if let cut { stage.fuse.cut(before: cut) }
        try await stage.pressAndMaybeDie()
        let steps = stage.fuse.names
        stage.fuse.disarm()
        try await stage.run(until: stage.clock.now.adding(hours: 3))
        let ending = Ending(successes: 0, state: .open, waitsFor: .needsCustomer)
        return (steps[first...], try await problems(stage, ending))
    }
}
