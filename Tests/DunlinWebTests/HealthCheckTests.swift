import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import Testing

@testable import DunlinWeb

/// What makes the program unwell, and what does not.
@Suite struct HealthCheckTests {
    private static let now = SickLedger.now

    @Test func anEmptyDataFileIsHealthy() async throws {
        let report = try await SickLedger.report { _ in }
        #expect(report.ok)
        #expect(report.reasons == [])
        #expect(report.charging == [:])
        #expect(report.lastPassSeconds == 5)
    }

    @Test func aStopByDunlinItselfIsAReasonAndNamesTheGatewayOnly() async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.gateway("stripe")
            try ledger.gateway("wooshpay")
            try GatewayStates.stop(
                "wooshpay", reason: "key sk_live_canary was refused", by: Activity.dunlin, now: Self.now, ledger.tx)
        }
        #expect(!report.ok)
        #expect(report.reasons.map(\.code) == [.chargingStopped])
        #expect(report.reasons.first?.gateway == "wooshpay")
        #expect(report.reasons.first?.text.contains("canary") == false)
        #expect(report.charging == ["stripe": "on", "wooshpay": "stopped"])
    }

    @Test func aStopByAPersonIsShownButIsNoReason() async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.gateway()
            try GatewayStates.stop("stripe", reason: "prices are wrong", by: "ada", now: Self.now, ledger.tx)
        }
        #expect(report.ok)
        #expect(report.charging == ["stripe": "stopped"])
    }

    @Test func anOpenCircuitIsAReason() async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.gateway()
            try ledger.openCircuit("stripe")
        }
        #expect(report.reasons.map(\.code) == [.circuitOpen])
        #expect(report.charging == ["stripe": "circuit_open"])
    }

    @Test(arguments: ["unknown", "sending"])
    func anAttemptUnknownForMoreThanAnHourIsAReason(state: String) async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.attempt(state, writtenAt: Self.now.adding(seconds: -3601))
        }
        #expect(report.reasons.map(\.code) == [.unknownTooLong])
        #expect(report.unknown == 1)
        #expect(report.oldestUnknownSeconds == 3601)
    }

    @Test func anAttemptUnknownForAnHourIsOnlyCounted() async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.attempt("unknown", writtenAt: Self.now.adding(seconds: -3600))
        }
        #expect(report.ok)
        #expect(report.unknown == 1)
        #expect(report.oldestUnknownSeconds == 3600)
    }

    @Test func anAttemptBeforeItsSendDeadlineIsNotUnknown() async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.attempt("sending", writtenAt: Self.now.adding(seconds: -59))
        }
        #expect(report.ok)
        #expect(report.unknown == 0)
        #expect(report.oldestUnknownSeconds == nil)
    }

    @Test func deadJobsAndParkedSubscriptionsAreReasons() async throws {
        let report = try await SickLedger.report { ledger in
            try ledger.deadJob()
            try ledger.parkedSubscription()
        }
        #expect(report.reasons.map(\.code) == [.deadJobs, .parked])
        #expect(report.deadJobs == 1)
        #expect(report.parked == 1)
    }

    @Test func aWorkerThatGaveNoSignForAQuarterOfAnHourIsAReason() async throws {
        let progress = WorkerProgress(now: Self.now.adding(seconds: -1000))
        progress.notePassEnded(at: Self.now.adding(seconds: -901))
        let silent = try await SickLedger.report(progress: progress) { _ in }
        #expect(silent.reasons.map(\.code) == [.workerSilent])
        #expect(silent.lastPassSeconds == 901)
        progress.noteSign(at: Self.now.adding(seconds: -900))
        let busy = try await SickLedger.report(progress: progress) { _ in }
        #expect(busy.ok)
        #expect(busy.lastPassSeconds == 901)
    }

    @Test func aWorkerInItsFirstPassHasNoAgeYet() async throws {
        let report = try await SickLedger.report(progress: WorkerProgress(now: Self.now)) { _ in }
        #expect(report.ok)
        #expect(report.lastPassSeconds == nil)
    }

    @Test func aDataFileThatCannotBeReadIsAReasonAndNothingIsCounted() async throws {
        let database = try await SickLedger.database()
        database.close()
        let report = await SickLedger.check(database).report()
        #expect(!report.ok)
        #expect(report.reasons.map(\.code) == [.databaseFailed])
        #expect(report.deadJobs == nil)
        #expect(report.charging == nil)
    }
}
