/// The lines of a schedule file, such as `cron/schedule.crontab`.
///
///     # id   minute hour day-of-month month day-of-week  time zone      kind         options
///     settle */5    *    *            *     *            UTC            settle
///     files  30     2    1            *     *            Europe/Berlin  month-files  catchup=40d dst_gap=shift
///
/// Blank lines and lines that start with `#` are left out. Options are `catchup` (how far back missed ticks are made up;
/// the newest one always fires), `dst_gap` (`skip` or `shift`) and `dst_overlap` (`first` or `both`); all others are
/// arguments of the job. Without them a tick in an hour that does not exist is shifted, and one in an hour that comes
/// twice fires the first time; only a line for every hour fires in both.
public struct CronTable: Hashable, Sendable {
    /// The lines without a problem, in the order of the file.
    public let lines: [CronLine]
    /// Everything that is wrong, each with its line. A table with problems is not to be run.
    public let problems: [CalendarError]

    /// Reads a whole file.
    ///
    /// - Parameter knownKinds: the kinds of jobs there are, each with the names of its arguments; nil for any kind with
    ///   any arguments.
    public init(_ text: String, knownKinds: [String: Set<String>]? = nil) {
        var reader = CronLineReader(knownKinds: knownKinds)
        var lines: [CronLine] = []
        let content = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : Substring(text)
        let rows = content.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, row) in rows.enumerated() {
            guard let line = reader.read(row, line: index + 1) else { continue }
            lines.append(line)
        }
        self.lines = lines
        problems = reader.problems
    }
}
