import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Testing

@testable import DunlinReports

@Suite struct StatusReportTests {
    private static func status(
        zone: Zone = .utc, now: Instant = LedgerRows.now, lines: [CronLine]? = nil,
        _ write: @escaping @Sendable (LedgerRows) throws -> Void
    ) async throws -> StatusReport {
        let database = try await LedgerRows.database(write)
        return try await database.read {
            try StatusReport(now: now, zone: zone, databaseID: "db", lines: lines, $0)
        }
    }

    @Test func whatNeedsAPersonIsCounted() async throws {
        let needs = try await Self.status { rows in
            try HealthyLedger.write(rows)
            try rows.tx.execute(
                "UPDATE billing_state SET state = 'parked', parked_reason = 'no zone' WHERE subscription_id = 'sub9'")
            try rows.tx.execute("UPDATE invoices SET is_late = 1 WHERE id = 10")
            try rows.tx.execute("UPDATE invoices SET hold_reason = 'a complaint' WHERE waits_for = 'on_hold'")
        }.needsPerson
        #expect(needs.parked == 1)
        #expect(needs.waiting == 9)
        #expect(needs.unknown == 1)
        #expect(needs.oldestUnknownSeconds == 7200)
        #expect(needs.deadJobs == 1)
        #expect(needs.onHold == 1)
        #expect(needs.needsMethod == 1)
        #expect(needs.needsCustomer == 0)
        #expect(needs.collectedAfterEnd == 1)
        #expect(!needs.isQuiet)
    }

    @Test func anInvoiceThatRestsWithItsPausedSubscriptionNeedsNobody() async throws {
        let needs = try await Self.status { rows in
            try HealthyLedger.write(rows)
            try rows.tx.execute(
                "UPDATE invoices SET hold_reason = ?1 WHERE waits_for = 'on_hold'", Invoice.pausedHold)
        }.needsPerson
        #expect(needs.onHold == 0)
    }

    @Test func aRowOfTheSourceThatCouldNotBeTakenOverNeedsAPerson() async throws {
        let needs = try await Self.status { rows in
            try rows.tx.execute(
                """
                INSERT INTO source_rows (kind, row_id, hash, problem) VALUES
                    ('subscriptions', '7', 'h', 'interval: fortnight is none'), ('subscriptions', '8', 'h', NULL)
                """)
        }.needsPerson
        #expect(needs.badSourceRows == 1)
        #expect(!needs.isQuiet)
    }

    @Test func aLineThatWasTakenOutOfTheScheduleIsNotShown() async throws {
        let line = try #require(
            CronTable("prune-jobs 17 3 * * * UTC prune-jobs", knownKinds: ["prune-jobs": []]).lines.first)
        let schedule = try await Self.status(lines: [line]) { rows in
            try rows.tx.execute(
                "INSERT INTO schedules (line, first_seen_at) VALUES ('prune-jobs', ?1), ('taken-out', ?1)",
                LedgerRows.now)
        }.schedule
        #expect(schedule.map(\.line) == ["prune-jobs"])
        #expect(schedule.map(\.nextTickAt) == ["2026-11-22T03:17:00Z"])
    }

    @Test func whatDiffersFromTheGatewayNeedsAPerson() async throws {
        let status = try await Self.status { rows in
            for (id, differences, endedAt) in [(1, 5, LedgerRows.now), (2, 2, LedgerRows.now), (3, 9, nil)] {
                try rows.reconcileRun(Int64(id), differences: differences, endedAt: endedAt)
            }
        }
        #expect(status.needsPerson.drift == 2)
        #expect(!status.needsPerson.isQuiet)
        #expect(status.reconciliations.map(\.differences) == [2])
    }

    @Test func aNoticeThatNobodyTookNeedsAPerson() async throws {
        let status = try await Self.status { rows in
            try rows.customer()
            try rows.subscription(method: nil)
            try rows.notice(1, "sent")
            try rows.notice(2, "failed")
            try rows.notice(3, "ready")
        }
        #expect(status.needsPerson.failedNotices == 1)
        #expect(!status.needsPerson.isQuiet)
        #expect(status.notices.ready == 1)
        #expect(status.notices.lastSentAt == "2026-11-21T12:00:00Z")
    }

    @Test func theFindingsOfTheSelfCheckAreShownOnceTheyAreRaised() async throws {
        let found = SelfFinding(.jobOverdue, subject: "stripe", text: "3 jobs are due")
        let new = SelfFinding(.clockSkew, subject: "stripe", text: "the clock")
        let check = try await Self.status { rows in
            _ = try Findings.store([found], believedAfterSeconds: 0, now: LedgerRows.now.adding(minutes: -5), rows.tx)
            _ = try Findings.store(
                [found, new], believedAfterSeconds: 120, now: LedgerRows.now.adding(minutes: -1), rows.tx)
        }.selfCheck
        #expect(check.lastCheckSeconds == 60)
        #expect(check.findings.map(\.text) == ["3 jobs are due"])
        #expect(check.findings.map(\.since) == ["2026-11-21T11:55:00Z"])
    }

    @Test func anEmptyLedgerIsQuiet() async throws {
        let status = try await Self.status { _ in }
        #expect(status.needsPerson.isQuiet)
        #expect(status.charging == [])
        #expect(status.months == [])
        #expect(status.queue == .init(ready: 0, due: 0, running: 0, oldestDueSeconds: nil, nextRunAt: nil))
    }

    @Test func aStoppedGatewayIsShownWithItsReasonAndAnOpenCircuitAsSuch() async throws {
        let charging = try await Self.status { rows in
            try rows.gateway("stripe", stopReason: "prices are wrong")
            try rows.gateway("wooshpay")
            try rows.tx.execute(
                "UPDATE gateway_state SET circuit_opened_at = ?1 WHERE gateway = 'wooshpay'", LedgerRows.now)
        }.charging
        #expect(charging.map(\.charging) == [.stopped, .circuitOpen])
        #expect(charging.first?.reason == "prices are wrong")
        #expect(charging.first?.since == "2026-11-21T12:00:00Z")
    }

    @Test func theQueueSaysWhatIsDueAndSinceWhen() async throws {
        let queue = try await Self.status { rows in
            try rows.job("charge-invoice/1", runAt: LedgerRows.now.adding(minutes: -3))
            try rows.job("charge-invoice/2", runAt: LedgerRows.now.adding(hours: 2))
            try rows.job("charge-invoice/3", "running")
            try rows.job("charge-invoice/4", "done")
        }.queue
        #expect(
            queue
                == .init(
                    ready: 2, due: 1, running: 1, oldestDueSeconds: 180, nextRunAt: "2026-11-21T11:57:00Z"))
    }

    @Test func theMonthIsThatOfTheAccountingTimeZone() async throws {
        let months = try await Self.status(zone: try #require(Zone("Europe/Berlin"))) { rows in
            try rows.customer()
            try rows.subscription(method: nil)
            try rows.invoice(
                1, from: "2026-10-01", to: "2026-11-01", "paid", endedAt: LedgerRows.at("2026-10-31T23:00:00Z"),
                collectedMinor: 1900)
            try rows.invoice(
                2, from: "2026-09-01", to: "2026-10-01", "paid", endedAt: LedgerRows.at("2026-10-31T22:59:59Z"),
                collectedMinor: 1900)
            try rows.invoice(3, from: "2026-11-01", to: "2026-12-01", waitsFor: "retrying")
            try rows.tx.execute("UPDATE invoices SET first_failed_at = due_at WHERE id = 1")
        }.months
        #expect(months.count == 1)
        #expect(months.first?.invoiced == "19.00")
        #expect(months.first?.collected == "19.00")
        #expect(months.first?.recoveredMinor == 1900)
        #expect(months.first?.outstandingMinor == 1900)
    }
}
