/// Reads one line of a schedule and gathers everything that is wrong with it.
///
///     id minute hour day-of-month month day-of-week time_zone kind key=value…
struct CronLineReader {
    /// The kinds there are, each with the names of its arguments; nil for any kind with any arguments.
    let knownKinds: [String: Set<String>]?
    private(set) var problems: [CalendarError] = []
    private var line = 0
    private var lineOfIdentifier: [String: Int] = [:]

    init(knownKinds: [String: Set<String>]?) { self.knownKinds = knownKinds }

    /// Nil for a blank line, a comment, and a line with a problem.
    mutating func read(_ text: Substring, line: Int) -> CronLine? {
        self.line = line
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        guard words.count >= 8 else {
            report(
                .missingCronField,
                text: "\(words.count) fields; give eight: id, minute, hour, day of month, month, day of week, "
                    + "time zone, kind")
            return nil
        }
        let problemsBefore = problems.count
        checkIdentifier(words[0])
        let numbers = readFields(words[1...5])
        let zone = Zone(words[6])
        if zone == nil {
            report(
                .unknownZone, field: "time zone",
                text: "\(quoted(words[6])) is not a zone of the IANA database, such as Europe/Berlin or UTC")
        }
        checkKind(words[7])
        let options = readOptions(words.dropFirst(8), kind: words[7])
        guard problems.count == problemsBefore, let zone else { return nil }
        let expression = CronExpression(text: words[1...5].joined(separator: " "), numbers: numbers)
        return CronLine(
            id: words[0], expression: expression, zone: zone, kind: words[7], catchupSeconds: options.catchupSeconds,
            gap: options.gap, overlap: options.overlap, arguments: options.arguments, line: line)
    }

    private mutating func checkIdentifier(_ identifier: String) {
        checkName(identifier, field: "id", code: .badIdentifier)
        if let earlier = lineOfIdentifier[identifier] {
            report(.repeatedIdentifier, field: "id", text: "\(quoted(identifier)) is already on line \(earlier)")
        } else {
            lineOfIdentifier[identifier] = line
        }
    }

    private mutating func report(_ code: CalendarError.Code, field: String? = nil, text: String) {
        problems.append(CalendarError(code: code, line: line, field: field, text: text))
    }

    private mutating func readFields(_ words: ArraySlice<String>) -> [CronField.Numbers] {
        var fields: [CronField.Numbers] = []
        for (field, word) in zip(CronField.all, words) {
            do throws(CalendarError) {
                fields.append(try field.read(word))
            } catch {
                problems.append(error.onLine(line))
            }
        }
        return fields
    }

    private mutating func checkKind(_ kind: String) {
        guard let knownKinds else {
            checkName(kind, field: "kind", code: .unknownKind)
            return
        }
        guard knownKinds[kind] == nil else { return }
        let names = knownKinds.keys.sorted().joined(separator: ", ")
        report(.unknownKind, field: "kind", text: "\(quoted(kind)) is not a kind of job; there are: \(names)")
    }

    private mutating func checkName(_ name: String, field: String, code: CalendarError.Code) {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (0x30...0x39).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        guard !isPlain || name.utf8.count > 64 else { return }
        report(
            code, field: field,
            text: "\(quoted(name)) is not a name; give at most 64 small letters, digits, dots, dashes, underscores")
    }
}

/// What stands behind the kind.
struct CronOptions {
    var catchupSeconds: Int64 = 0
    var gap = GapPolicy.shift
    var overlap: OverlapPolicy?
    var arguments: [String: String] = [:]
}

extension CronLineReader {
    private mutating func readOptions(_ words: ArraySlice<String>, kind: String) -> CronOptions {
        var options = CronOptions()
        var seen: Set<String> = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                report(.badOption, text: "\(quoted(word)) is not of the form key=value")
                continue
            }
            guard seen.insert(parts[0]).inserted else {
                report(.badOption, field: parts[0], text: "is given twice")
                continue
            }
            read(option: parts[0], value: parts[1], kind: kind, into: &options)
        }
        return options
    }

    private mutating func read(option: String, value: String, kind: String, into options: inout CronOptions) {
        switch option {
        case "catchup":
            guard let seconds = seconds(value) else {
                let text = "\(quoted(value)) is not a length of time; give 0, or a number with s, m, h or d, "
                report(.badOption, field: option, text: text + "at most 366d")
                return
            }
            options.catchupSeconds = seconds
        case "dst_gap":
            options.gap = choice(value, field: option) ?? .shift
        case "dst_overlap":
            options.overlap = choice(value, field: option)
        default:
            if let names = knownKinds?[kind], !names.contains(option) {
                let all = (["catchup", "dst_gap", "dst_overlap"] + names.sorted()).joined(separator: ", ")
                report(.badOption, field: quoted(option), text: "is not an option of \(kind); there are: \(all)")
                return
            }
            options.arguments[option] = value
        }
    }

    private mutating func choice<Choice>(_ value: String, field: String) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        if let choice = Choice(rawValue: value) { return choice }
        let all = Choice.allCases.map(\.rawValue).joined(separator: " or ")
        report(.badOption, field: field, text: "\(quoted(value)) is not allowed; give \(all)")
        return nil
    }

    private func seconds(_ value: String) -> Int64? {
        if value == "0" { return 0 }
        var digits = Digits(value)
        guard let number = Int64(digits.run()), number <= 366 * 86_400 else { return nil }
        let units: [(Unicode.Scalar, Int64)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        guard let unit = units.first(where: { digits.take($0.0) }), digits.isAtEnd else { return nil }
        let seconds = number * unit.1
        return seconds <= 366 * 86_400 ? seconds : nil
    }
}
