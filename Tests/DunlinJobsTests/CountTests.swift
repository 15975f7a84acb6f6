import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What one charge costs. A change of these numbers is a decision, not an accident.
@Suite struct CountTests {
    /// Debts are planned, and the gateway is known; then they are charged one after another.
    private static func cost(
        of charges: Int, _ change: (inout StageOptions) -> Void = { _ in }
    ) async throws -> (counters: DatabaseCounters, requests: Int, planning: DatabaseCounters) {
        let stage = try Stage(change)
        for number in 1...charges {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        try await stage.bindGateway()
        let atFirst = stage.database.counters
        try await stage.plan()
        let before = stage.database.counters
        let sent = stage.wire.requests.count
        let worker = try stage.worker(concurrency: 1)
        for _ in 0..<charges { try await worker.round() }
        #expect(stage.sandbox.audit.successes == charges)
        return (
            stage.database.counters.since(before), stage.wire.requests.count - sent, before.since(atFirst)
        )
    }

    @Test func aFirstChargeInTwoPhasesIsFourTransactionsAndTwoRequests() async throws {
        let (counters, requests, _) = try await Self.cost(of: 1)
        #expect(counters.commits == 4, "claim, begin, store the id, record")
        #expect(counters.flushingCommits == 4)
        #expect(requests == 2)
        #expect(counters.statements == 47)
        #expect(counters.reads == 0)
    }

    @Test func aFirstChargeInOneCallIsFourTransactionsAndOneRequest() async throws {
        let (counters, requests, _) = try await Self.cost(of: 1) { $0.sending = .oneCall }
        #expect(counters.commits == 4, "claim, begin, allow, record")
        #expect(requests == 1)
    }

    /// Its keys are not known to be honoured, so that a file restored a moment ago must ask before it creates.
    @Test func aFirstChargeAtWooshPayAsksFirst() async throws {
        let (counters, requests, _) = try await Self.cost(of: 1) { $0.kind = .wooshpay }
        #expect(counters.commits == 6, "claim, begin, take over what was found, begin, store the id, record")
        #expect(requests == 3)
    }

    @Test func tenChargesCostTenTimesAsMuch() async throws {
        let one = try await Self.cost(of: 1)
        let ten = try await Self.cost(of: 10)
        #expect(ten.counters.commits == 10 * one.counters.commits)
        #expect(ten.counters.statements == 10 * one.counters.statements)
        #expect(ten.requests == 10 * one.requests)
    }

    @Test func planningIsOneTransactionAPageAndAFixedNumberOfStatementsARow() async throws {
        let ten = try await Self.cost(of: 10)
        let twenty = try await Self.cost(of: 20)
        #expect(twenty.planning.commits == ten.planning.commits)
        #expect(twenty.planning.statements - ten.planning.statements == 10 * 10)
    }
}

extension DatabaseCounters {
    fileprivate func since(_ earlier: DatabaseCounters) -> DatabaseCounters {
        var difference = self
        difference.statements -= earlier.statements
        difference.commits -= earlier.commits
        difference.flushingCommits -= earlier.flushingCommits
        difference.reads -= earlier.reads
        return difference
    }
}
