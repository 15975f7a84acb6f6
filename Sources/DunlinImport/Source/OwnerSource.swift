import DunlinDatabase
public import DunlinLedger

/// The owner's own tables: a SQLite file, and the queries whose columns are named as those of the import.
public struct OwnerSource: Hashable, Sendable {
    /// What becomes of a subscription whose row is gone.
    public enum Vanished: String, Hashable, Sendable, CaseIterable {
        case cancel, pause, keep
    }

    public var path: String
    /// One SELECT for each table; adjustments may be missing.
    public var queries: [ImportTable: String]
    public var vanished: Vanished

    public init(path: String, queries: [ImportTable: String], vanished: Vanished) {
        self.path = path
        self.queries = queries.mapValues(Self.bare)
        self.vanished = vanished
    }

    /// The query's name in messages.
    static func name(of table: ImportTable) -> String { "source.\(table.rawValue)" }

    /// Without blanks and semicolons at its end, so that it can stand in brackets.
    private static func bare(_ query: String) -> String {
        var text = Substring(query)
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        return String(text)
    }
}

/// Why nothing of the owner's tables was taken over, in one line.
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The file or a query is wrong: the settings are to be mended.
        case query
        /// What the queries gave may be a mistake: somebody is to look at it.
        case rows
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The engine's words about the owner's file.
    init(_ error: DatabaseError, path: String, query: String? = nil) {
        let place = query.map { "\($0): " } ?? "source.path: "
        let reason =
            switch error.code {
            case .foreign: "\(path) is no SQLite file"
            case .busy: "\(path) is locked by somebody who writes to it; try again"
            case .corrupt: "\(path) is damaged"
            case .readOnly: "\(path) was left in the middle of a change: let its owner open it once"
            default: error.message
            }
        self.init(.query, place + reason)
    }
}

/// What reading the owner's tables did, or would do.
public struct SourceResult: Sendable {
    public struct TableCounts: Hashable, Sendable {
        public var rows = RowCounts()
        /// Rows that cannot be taken over as they are; their subscriptions are parked.
        public var bad = 0
        public var vanished = 0
        public var conflicts = 0

        public init() {}
    }

    public internal(set) var isApplied = false
    public internal(set) var tables: [ImportTable: TableCounts] = [:]
    /// What is wrong with the bad rows.
    public internal(set) var problems: ProblemList
    /// Problems that were not there at the last reading.
    public internal(set) var newProblems = 0
    public internal(set) var conflicts: ProblemList
    public internal(set) var notes: ProblemList
    public internal(set) var changes: [RowDifference] = []
    /// Subscriptions whose rows are gone.
    public internal(set) var vanishedSubscriptions: [String] = []

    init(listedMax: Int) {
        problems = ProblemList(listedMax: listedMax)
        conflicts = ProblemList(listedMax: listedMax)
        notes = ProblemList(listedMax: listedMax)
    }
}
