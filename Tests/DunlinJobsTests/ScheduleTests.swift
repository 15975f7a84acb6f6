import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting
import Testing

@testable import DunlinJobs

/// The lines of cron/schedule.crontab: who fires them, and what they start.
@Suite struct ScheduleTests {
    private static func lines(_ text: String) throws -> [CronLine] {
        let table = CronTable(text, knownKinds: ScheduledKinds.known)
        try #require(table.problems.isEmpty, "\(table.problems)")
        return table.lines
    }

    /// A pass of one of several processes that live at the same time.
    private static func pass(_ stage: Stage, _ holder: ProcessIdentity) async throws -> Pass.Result {
        var options = Pass.Options()
        options.waitSeconds = 0
        return try await Pass(
            billing: try stage.billing(), holder: holder, options: options, holderIsDead: { _ in false }
        ).run()
    }

    @Test func overAYearWithTwoChangesOfClocksEveryNominalTickFiresOnceWhoeverRunsIt() async throws {
        // Each job is kept, so that it can be counted.
        let text = """
            quarter 0  */6 *     *    *   Europe/Berlin     prune-jobs      keep=3660d catchup=3d
            gap     30 2   *     *    *   Europe/Berlin     prune-exchanges keep=3660d catchup=3d
            skip    30 2   *     *    *   America/New_York  prune-exchanges keep=3660d catchup=3d dst_gap=skip
            twice   30 1   *     *    *   America/New_York  prune-exchanges keep=3660d catchup=3d dst_overlap=both
            hourly  15 *   25-31 3,10 *   Europe/Berlin     prune-jobs      keep=3660d catchup=3d
            monthly 0  0   31    *    *   UTC               prune-jobs      keep=3660d catchup=3d
            """
        let schedule = try Self.lines(text)
        let stage = try Stage { $0.schedule = schedule }
        let workers = [stage.newProcess(), stage.newProcess()]
        var chance = SeededGenerator(seed: 12)
        let end = stage.options.start.adding(days: 365)
        _ = try await Self.pass(stage, workers[0])
        while stage.clock.now < end {
            let hours = Int64.random(in: 1...11, using: &chance)
            stage.clock.set(min(end, stage.clock.now.adding(hours: hours)))
            let once = stage.newProcess()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for holder in workers + [once] { group.addTask { _ = try await Self.pass(stage, holder) } }
                try await group.waitForAll()
            }
        }
        let ran = try await stage.text("SELECT unique_key FROM jobs WHERE state = 'done' ORDER BY unique_key")
        let expected = schedule.flatMap { line in
            line.ticks(after: stage.options.start, through: end, limit: .max).map { "schedule/\(line.id)/\($0.key)" }
        }
        #expect(ran == expected.sorted())
        #expect(try await stage.text("SELECT state FROM jobs WHERE state <> 'done'") == [])
        // 2026: Berlin leaves out 02:30 on 29 March, New York on 8 March and shows 01:30 twice on 1 November.
        #expect(ran.contains("schedule/gap/2026-03-29T02:30:00"))
        #expect(!ran.contains("schedule/skip/2026-03-08T02:30:00"))
        #expect(ran.contains("schedule/twice/2026-11-01T01:30:00#2"))
        #expect(ran.count { $0.hasPrefix("schedule/hourly/2026-10-25") } == 25)
        #expect(ran.count { $0.hasPrefix("schedule/hourly/2026-03-29") } == 23)
        #expect(ran.count { $0.hasPrefix("schedule/quarter/") } == 4 * 365)
    }

    @Test func missedTicksOutsideTheWindowAreCountedAndSaid() async throws {
        let schedule = try Self.lines("prune 0 3 * * * UTC prune-jobs catchup=2d")
        let stage = try Stage { $0.schedule = schedule }
        try await stage.pass()
        stage.clock.advance(seconds: 40 * 86_400)
        let result = try await stage.pass()
        #expect(result.ticks == 2)
        #expect(result.missedTicks == ["prune": 38])
        #expect(try await stage.pass().missedTicks == [:])
    }

    @Test func aScheduleRunsWithoutAnyGatewayToSpeakTo() async throws {
        let schedule = try Self.lines("prune 0 3 * * * UTC prune-jobs")
        let stage = try Stage { $0.schedule = schedule }
        try await stage.pass()
        stage.clock.advance(seconds: 86_400)
        let result = try await stage.pass()
        #expect(result.ticks == 1 && result.refused == [:])
        #expect(stage.wire.requests.isEmpty)
        #expect(try await stage.text("SELECT state FROM jobs") == ["done"])
    }

    @Test func pruningDeletesOldFinishedJobsInBatchesAndLeavesTheRest() async throws {
        let schedule = try Self.lines("prune 0 3 * * * UTC prune-jobs keep=10d")
        let stage = try Stage { $0.schedule = schedule }
        let start = stage.options.start
        try await stage.pass()
        try await stage.database.write { tx in
            for number in 0..<1200 {
                let age: Int64 = number < 1100 ? 20 : 2
                let state = number == 0 ? "dead" : "done"
                try tx.execute(
                    """
                    INSERT INTO jobs (queue, kind, arguments, priority, never_dies, runs_max, state, run_at, created_at,
                        finished_at)
                    VALUES ('stripe', 'x', '{}', 1, 0, 1, ?1, ?2, ?2, ?2)
                    """, state, start.adding(days: 2 - age))
            }
        }
        stage.clock.advance(seconds: 2 * 86_400)
        try await stage.pass()
        #expect(
            try await stage.text("SELECT state || ' ' || COUNT(*) FROM jobs WHERE kind = 'x' GROUP BY state ORDER BY 1")
                == ["dead 1", "done 100"])
    }

    @Test func pruningKeepsARingOfDaysOfExchanges() async throws {
        let schedule = try Self.lines("prune 0 3 * * * UTC prune-exchanges keep=5d")
        let stage = try Stage { $0.schedule = schedule }
        try await stage.customer()
        try await stage.subscribe { $0.interval = "day" }
        try await stage.run(days: 9)
        #expect(try await stage.text("SELECT CAST(COUNT(*) AS TEXT) FROM exchanges") != ["0"])
        let oldest = try await stage.database.read { tx in
            try tx.value("SELECT MIN(started_at) FROM exchanges", as: Instant.self)
        }
        stage.clock.advance(seconds: 10 * 86_400)
        try await stage.cancel()
        try await stage.pass()
        let left = try await stage.database.read { tx in
            try tx.value("SELECT MIN(started_at) FROM exchanges", as: Instant.self)
        }
        let limit = stage.clock.now.adding(days: -5)
        #expect(try #require(oldest) < limit)
        #expect(left.map { $0 >= limit } ?? true)
    }

    @Test func aScheduledJobThatFailsIsTriedAgainAndTheOthersGoOn() async throws {
        let lines = try Self.lines("prune 0 3 * * * UTC prune-jobs")
        let unknown = CronLine(id: "odd", expression: lines[0].expression, zone: .utc, kind: "from-the-future")
        let stage = try Stage { $0.schedule = [unknown] + lines }
        try await stage.pass()
        stage.clock.advance(seconds: 86_400)
        try await stage.pass()
        #expect(
            try await stage.text("SELECT kind || ' ' || state FROM jobs ORDER BY kind") == [
                "from-the-future ready", "prune-jobs done",
            ])
    }

    @Test func theValuesOfOptionsAreJudged() throws {
        let lines = try Self.lines("a 0 3 * * * UTC prune-jobs keep=30d\nb 0 3 * * * UTC prune-jobs keep=soon")
        #expect(
            lines.map { ScheduledKinds.problems(of: $0).map(\.description) } == [
                [], ["line 2: keep: \"soon\" is not allowed; give 1d to 3660d"],
            ])
    }

    @Test func underAShiftedClockNothingFires() async throws {
        let schedule = try Self.lines("prune 0 3 * * * UTC prune-jobs")
        let stage = try Stage { $0.schedule = schedule }
        try await stage.pass()
        stage.clock.advance(seconds: 86_400)
        #expect(try await stage.pass(rules: { $0.isTimeTravel = true }).ticks == 0)
        #expect(try await stage.pass().ticks == 1)
    }
}
