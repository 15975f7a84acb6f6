import DunlinCalendar
import DunlinDefaults
import DunlinJobs
import Testing

@testable import dunlin

/// `cron/schedule.crontab` as `dunlin check` and `dunlin run` read it.
@Suite struct ScheduleFileTests {
    @Test func everyBadLineIsNamedOnce() throws {
        let text = """
            ok 0 3 * * * UTC prune-jobs
            a 61 3 * * * UTC prune-jobs
            b 0 3 * * * Europe/Atlantis prune-jobs
            c 0 3 * * * UTC tidy-up
            ok 0 4 * * * UTC prune-jobs
            d 0 3 * * * UTC prune-jobs keep=soon
            e 0 3 * * * UTC prune-jobs catchup=often
            f 0 3
            """
        let file = ScheduleFile((path: "cron/schedule.crontab", text: text))
        #expect(file.problems.count == 7)
        for (line, (problem, word)) in zip(
            file.problems, ["minute", "Europe/Atlantis", "tidy-up", "ok", "soon", "often", "3 fields"]
        ).enumerated() {
            #expect(problem.hasPrefix("cron/schedule.crontab:\(line + 2): "), "\(problem)")
            #expect(problem.contains(word), "\(problem)")
            #expect(!problem.contains("\n"))
        }
        // A schedule with a problem is not run: exit status 2.
        let failure = #expect(throws: SettingsError.self) { try file.checkedLines() }
        #expect(failure.map { FailureReport($0).status } == .badInput)
    }

    @Test func theBuiltInScheduleIsRightAndEveryKindHasALine() throws {
        let table = CronTable(Defaults.schedule, knownKinds: ScheduledKinds.known)
        #expect(table.problems == [])
        #expect(table.lines.flatMap { ScheduledKinds.problems(of: $0) } == [])
        #expect(Set(table.lines.map(\.kind)) == Set(ScheduledKinds.known.keys))
    }
}
