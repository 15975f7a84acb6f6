import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinTesting
import Synchronization
import Testing

@testable import DunlinJobs

/// What becomes of a notice on its way: at least once, with an id that stays, in order, and given up in the end.
extension NoticeTests {
    @Test func aReceiverThatFailsIsAskedAgainWithTheSameIDAndTheOrderIsKept() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["insufficient_funds", nil], sink: sink) { $0.notices.tellsApplication = true }
        let end = stage.options.start.adding(days: 4)
        sink.answer { $0.at < end ? .failed("the receiver answered 503") : .taken }
        try await stage.run(days: 6)
        let taken = sink.letters.filter { $0.at >= end }
        #expect(taken.map(\.kind) == [.invoicePaid, .recovered, .subscriptionStateChanged])
        #expect(Set(sink.letters.filter { $0.kind == .paymentFailed }.map(\.id)).count == 1)
        #expect(sink.letters.count { $0.kind == .paymentFailed } > 3)
        // Until the first one was given up or taken nothing behind it has left.
        #expect(sink.letters.filter { $0.at < end && $0.kind == .recovered }.isEmpty)
    }

    @Test func aNoticeThatNobodyTakesIsGivenUpAndSentAgainByAPerson() async throws {
        let sink = SinkOfTests()
        sink.answer { _ in .failed("the receiver answered 500") }
        let stage = try await Self.stage(sink: sink) { $0.notices.tellsApplication = true }
        try await stage.run(days: 10)
        #expect(sink.letters.count == SendNotice.sendsMax)
        #expect(try await Self.states(stage) == ["invoice_paid 0 failed"])
        #expect(try await stage.text("SELECT reason FROM notices") == ["the receiver answered 500"])
        #expect(try await stage.text("SELECT kind FROM jobs WHERE state NOT IN ('done')") == [])
        sink.answer { _ in .taken }
        let now = stage.clock.now
        try await stage.database.write { tx in
            for notice in try Notices.all(.failed, limit: 10, tx) {
                try NoticeOutbox.sendAgain(notice, reason: "mended", actor: "ada", now: now, tx)
            }
        }
        try await stage.pass()
        #expect(try await Self.states(stage) == ["invoice_paid 0 sent"])
        #expect(Set(sink.letters.map(\.id)).count == 1)
        #expect(try await stage.activity("notice_resent") == 1)
    }

    @Test func aNoticeThatIsGivenUpIsSomethingNewForAPerson() async throws {
        let sink = SinkOfTests()
        sink.answer { _ in .refused("the receiver answered 410: it takes no more") }
        let stage = try await Self.stage(sink: sink) { $0.notices.tellsApplication = true }
        #expect(try await stage.pass().newForPeople == 1)
        #expect(try await stage.pass().newForPeople == 0)
        #expect(sink.letters.count == 1)
    }

    @Test func aReceiverThatDoesNotAnswerIsLeftAloneForTheRestOfThePass() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(sink: sink) { $0.notices.tellsApplication = true }
        for number in 2...40 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        sink.answer { _ in .failed("no route") }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(sink.letters.count < NoticeWorker.failuresMax + NoticeWorker.concurrency)
        sink.answer { _ in .taken }
        try await stage.run(days: 1)
        #expect(try await stage.text("SELECT DISTINCT state FROM notices") == ["sent"])
    }

    @Test func aProcessThatEndsBeforeItNotedTheDeliveryDeliversAgainWithTheSameID() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(sink: sink) { $0.notices.tellsApplication = true }
        stage.fuse.cut(beforeEach: "note-notice")
        await #expect(throws: RunCutOff.self) { try await stage.pass() }
        stage.fuse.disarm()
        try await stage.run(days: 1)
        #expect(sink.letters.count == 2)
        #expect(Set(sink.letters.map(\.id)).count == 1)
        #expect(try await Self.states(stage) == ["invoice_paid 0 sent"])
    }

    @Test func aNoticeThatEndsItsSenderEachTimeIsGivenUpInTheEnd() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(sink: sink) { $0.notices.tellsApplication = true }
        stage.fuse.cut(beforeEach: "note-notice")
        for _ in 0...SendNotice.sendsMax {
            _ = try? await stage.pass()
            stage.fuse.revive()
        }
        stage.fuse.disarm()
        try await stage.pass()
        #expect(sink.letters.count == SendNotice.sendsMax)
        #expect(try await Self.states(stage) == ["invoice_paid 0 failed"])
    }

    @Test func aPassThatIsCutOffAnywhereLosesNoNoticeAndWritesNoneTwice() async throws {
        let whole = try await Self.stage(["insufficient_funds", nil], sink: SinkOfTests())
        try await whole.run(days: 5)
        let steps = whole.fuse.names.count
        for step in 0..<steps {
            let sink = SinkOfTests()
            let stage = try await Self.stage(["insufficient_funds", nil], sink: sink)
            stage.fuse.cut(before: step)
            try await stage.run(days: 5)
            #expect(
                try await Self.states(stage) == ["payment_failed 1 sent", "recovered 1 sent"], "cut before step \(step)"
            )
            #expect(Set(sink.letters.map(\.id)).count == 2, "cut before step \(step)")
        }
    }

    @Test func withNobodyToSendToNoticesAreListedAndNothingIsQueued() async throws {
        let stage = try await Self.stage(["insufficient_funds", nil], sink: nil)
        try await stage.run(days: 5)
        #expect(try await Self.states(stage) == ["payment_failed 1 listed", "recovered 1 listed"])
        #expect(try await stage.text("SELECT kind FROM jobs WHERE queue = 'notices'") == [])
        #expect(try await stage.text("SELECT CAST(id AS TEXT) FROM state_changes") == [])
    }

    /// However often it is: a busy store is no fault of the notice, and uses up neither its job's runs nor its sends.
    @Test func aStoreThatIsBusyUsesUpNoRunOfANotice() async throws {
        let isBusy = Mutex(true)
        let sink = SinkOfTests()
        let stage = try await Self.stage(["insufficient_funds"], sink: sink) {
            $0.faults = DatabaseFaults(
                beforeStatement: { sql in
                    guard sql.hasPrefix("UPDATE notices SET sends"), isBusy.withLock({ $0 }) else { return }
                    throw DatabaseError(.busy, "the database is busy")
                }, failureOfCommit: { _ in nil })
        }
        for _ in 1...30 {
            try await stage.pass()
            stage.clock.advance(seconds: 2)
        }
        let waiting = try await stage.text("SELECT state || ' ' || run_count FROM jobs WHERE queue = 'notices'")
        #expect(waiting == ["ready 0"])
        #expect(sink.letters.isEmpty)
        isBusy.withLock { $0 = false }
        try await stage.pass()
        #expect(sink.letters.map(\.kind) == [.paymentFailed])
        #expect(try await stage.text("SELECT state || ' ' || sends FROM notices") == ["sent 1"])
    }
}
