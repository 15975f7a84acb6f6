/// One of the five fields of a cron expression: what it may hold, and how it is read.
struct CronField: Sendable {
    let name: String
    let range: ClosedRange<Int>
    /// Names that stand for numbers, in order, the first for `firstNamed`.
    let names: [String]
    let firstNamed: Int

    static let minute = CronField(name: "minute", range: 0...59, names: [], firstNamed: 0)
    static let hour = CronField(name: "hour", range: 0...23, names: [], firstNamed: 0)
    static let dayOfMonth = CronField(name: "day of month", range: 1...31, names: [], firstNamed: 0)
    static let month = CronField(
        name: "month", range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstNamed: 1)
    static let dayOfWeek = CronField(
        name: "day of week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], firstNamed: 0)

    static let all = [minute, hour, dayOfMonth, month, dayOfWeek]

    /// What a field names: a set of numbers, and whether it was written with a star in front, which counts as "no
    /// restriction" when days are chosen by month and by week.
    struct Numbers: Hashable, Sendable {
        var bits: UInt64 = 0
        var startsWithStar = false

        func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }
    }

    func read(_ text: String) throws(CalendarError) -> Numbers {
        var numbers = Numbers(startsWithStar: text.hasPrefix("*"))
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let read = numbersOfItem(item) else { throw refused(item.isEmpty ? text : String(item)) }
            for number in read { numbers.bits |= 1 << UInt64(number) }
        }
        // Both 0 and 7 are Sunday.
        if self.range.upperBound == 7, numbers.contains(7) { numbers.bits |= 1 }
        return numbers
    }

    private func numbersOfItem(_ item: Substring) -> StrideThrough<Int>? {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let range = rangeOf(parts[0]) else { return nil }
        guard parts.count == 2 else { return stride(from: range.lowerBound, through: range.upperBound, by: 1) }
        // A step after a single number means different things in different programs, so it means nothing here.
        let isRange = parts[0] == "*" || parts[0].contains("-")
        guard isRange, let step = number(parts[1]), (1...self.range.upperBound).contains(step) else { return nil }
        return stride(from: range.lowerBound, through: range.upperBound, by: step)
    }

    private func rangeOf(_ text: Substring) -> ClosedRange<Int>? {
        // Sunday is not named twice, so that every second day of the week is not two days in a row.
        if text == "*" { return range.lowerBound...(range.upperBound == 7 ? 6 : range.upperBound) }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = value(ends[0]) else { return nil }
        guard ends.count == 2 else { return first...first }
        guard var last = value(ends[1]) else { return nil }
        // The range from Monday to Sunday, by name.
        if range.upperBound == 7, last == 0, first > 0, number(ends[1]) == nil { last = 7 }
        return first <= last ? first...last : nil
    }

    private func value(_ text: Substring) -> Int? {
        if let index = names.firstIndex(of: text.lowercased()) { return index + firstNamed }
        guard let number = number(text), range.contains(number) else { return nil }
        return number
    }

    private func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count) else { return nil }
        var digits = Digits(text)
        return digits.number(width: text.utf8.count)
    }

    private func refused(_ item: String) -> CalendarError {
        let named = names.isEmpty ? "" : " or \(names[0]) to \(names[names.count - 1])"
        return CalendarError(
            code: .badCronField, field: name,
            text: "\(quoted(item)) is not allowed; give \(range.lowerBound) to \(range.upperBound)\(named), *, "
                + "a range such as \(range.lowerBound)-\(range.lowerBound + 3), a step such as */2, or a list of these")
    }
}

/// A value as a message shows it: shortened, since it may be a megabyte of something else.
func quoted(_ text: String) -> String {
    text.count > 40 ? "\"\(text.prefix(40))…\"" : "\"\(text)\""
}
