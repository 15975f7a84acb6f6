import DunlinCalendar
import DunlinCore
import DunlinDefaults
import DunlinJobs

/// The file of the schedule, read and judged.
struct ScheduleFile {
    /// As messages call it.
    let path: String
    let lines: [CronLine]
    /// One line of text each, with file and line; a file with problems is not run.
    let problems: [String]

    init(_ context: Context) throws(SettingsError) {
        self.init(try context.configDirectory().file("schedule.crontab", builtIn: Defaults.schedule))
    }

    init(_ file: (path: String, text: String)) {
        // A line for a kind that no job has would silently do nothing.
        let table = CronTable(file.text, knownKinds: ScheduledKinds.known)
        let found = table.problems + table.lines.flatMap { ScheduledKinds.problems(of: $0) }
        path = file.path
        lines = table.lines
        problems = found.sorted { ($0.line ?? 0) < ($1.line ?? 0) }.map { error in
            let place = error.line.map { "\(file.path):\($0): " } ?? "\(file.path): "
            return Redaction.clean(place + (error.field.map { "\($0): " } ?? "") + error.text)
        }
    }

    /// The lines to run.
    ///
    /// - Throws: a `SettingsError` with every problem of the file.
    func checkedLines() throws(SettingsError) -> [CronLine] {
        guard problems.isEmpty else {
            throw SettingsError(problems: problems.map { SettingsProblem(origin: nil, text: $0) })
        }
        return lines
    }
}
