import DunlinCore

/// One thing to put right in a file, or to know about it.
public struct ImportProblem: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// Counted from 1; the line on which the row begins, or on which the reader stumbled.
    public let line: Int
    /// The name of the column; nil when the problem is not in one.
    public let column: String?
    /// Where in the line the cell begins, in bytes counted from 1; nil when it is not on this line.
    public let position: Int?
    /// What is wrong and what is allowed, on one line; card numbers are masked, and in the description keys.
    public let reason: String

    public init(file: String, line: Int, column: String? = nil, position: Int? = nil, reason: String) {
        self.file = file
        self.line = line
        self.column = column
        self.position = position
        self.reason = reason
    }

    /// `subscriptions.csv:12:34: amount_minor: must be at least 1, not 0`
    public var description: String {
        let place = position.map { "\(file):\(line):\($0)" } ?? "\(file):\(line)"
        return Redaction.maskKeys(column.map { "\(place): \($0): \(reason)" } ?? "\(place): \(reason)")
    }
}

/// The first of many problems, and how many more there are: a file of garbage must not fill the memory.
public struct ProblemList: Hashable, Sendable {
    /// At most `listedMax`, in the order in which they were found.
    public private(set) var listed: [ImportProblem] = []
    public private(set) var count = 0
    /// False when reading stopped before the end, so that there may be more than `count`.
    public internal(set) var isComplete = true
    public let listedMax: Int

    public init(listedMax: Int = 100) { self.listedMax = listedMax }

    public var isEmpty: Bool { count == 0 }
    /// How many were found but are not listed.
    public var more: Int { count - listed.count }

    public mutating func add(_ problem: ImportProblem) {
        count += 1
        if listed.count < listedMax { listed.append(problem) }
    }

    /// One line per listed problem, then what is not listed: `and 12 more`.
    public var lines: [String] {
        var lines = listed.map(\.description)
        switch (more, isComplete) {
        case (0, true): break
        case (0, false): lines.append("reading stopped here; there may be more")
        case (let more, true): lines.append("and \(more) more")
        case (let more, false): lines.append("and \(more) more; reading stopped there, so there may be others")
        }
        return lines
    }
}
