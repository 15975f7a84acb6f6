public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
import DunlinLedger

/// Takes over what the owner's own tables say (money.md 22): row by row, bad rows parked, cancels first. The owner's
/// file is opened for reading only and read in one transaction.
public struct SourceImporter: Sendable {
    public struct Options: Hashable, Sendable {
        /// So many rows may have vanished at once, whatever share that is.
        public var vanishedMax: Int?
        /// Columns may hold other kinds of values than before.
        public var acceptsTypes = false
        /// False only says what would be done.
        public var keepsRows = true

        public init() {}
    }

    let database: Database
    let source: OwnerSource
    let gateways: [String: GatewayCurrencies]
    let limits: ImportLimits

    public init(
        database: Database, source: OwnerSource, gateways: [String: GatewayCurrencies],
        limits: ImportLimits = ImportLimits()
    ) {
        self.database = database
        self.source = source
        self.gateways = gateways
        self.limits = limits
    }

    /// - Throws: a `SourceError` when nothing could be taken over, a `DatabaseError` of Dunlin's own file.
    public func run(_ options: Options, now: Instant) async throws -> SourceResult {
        let file = try Self.open(source)
        defer { file.close() }
        var surveyed = try SourceSurvey(source, file)
        let before = surveyed
        surveyed = try await database.read { tx in
            var survey = before
            try survey.compare(acceptsTypes: options.acceptsTypes, tx)
            return survey
        }
        let survey = surveyed
        guard !survey.isUnchanged else { return SourcePass(survey, self, options, now: now).unchanged }
        let body: @Sendable (Transaction) throws -> SourceResult = { tx in
            try take(survey, file, options, now: now, tx)
        }
        return options.keepsRows
            ? try await database.write(step: "source", body) : try await database.rehearse(step: "source", body)
    }

    /// The same in the caller's transaction.
    public func run(_ options: Options, now: Instant, in tx: Transaction) throws -> SourceResult {
        let file = try Self.open(source)
        defer { file.close() }
        var survey = try SourceSurvey(source, file)
        try survey.compare(acceptsTypes: options.acceptsTypes, tx)
        return try take(survey, file, options, now: now, tx)
    }

    private func take(
        _ survey: SourceSurvey, _ file: OwnerFile, _ options: Options, now: Instant, _ tx: Transaction
    ) throws -> SourceResult {
        var pass = SourcePass(survey, self, options, now: now)
        guard !survey.isUnchanged else { return pass.unchanged }
        try pass.run(file, tx)
        pass.result.isApplied = options.keepsRows
        return pass.result
    }

    static func open(_ source: OwnerSource) throws -> OwnerFile {
        do {
            return try OwnerFile(path: source.path)
        } catch let error as DatabaseError {
            throw SourceError(error, path: source.path)
        }
    }
}

/// How a query matches the import's columns, from its first rows.
public struct SourceMapping: Hashable, Sendable {
    public var table: ImportTable
    /// The columns that the query gives, with the kinds of their values in the rows that were read.
    public var columns: [(name: String, types: String)]
    /// Columns that may be left out, and are.
    public var leftOut: [String]
    public var rows: Int
    public var problems: [String]

    public static func == (left: SourceMapping, right: SourceMapping) -> Bool {
        left.table == right.table && left.columns.elementsEqual(right.columns, by: ==)
            && left.leftOut == right.leftOut && left.rows == right.rows && left.problems == right.problems
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(table) }

    /// So many rows of each query are looked at.
    public static let rowsMax = 5

    /// Runs each query for its first rows.
    ///
    /// - Throws: a `SourceError`.
    public static func all(of source: OwnerSource, gatewayNames: Set<String>) throws -> [SourceMapping] {
        let file = try SourceImporter.open(source)
        defer { file.close() }
        return try ImportTable.allCases.compactMap { table in
            try source.queries[table].map { sql in
                try mapping(try SourceQuery(table, sql: sql, file), file, gatewayNames)
            }
        }
    }

    private static func mapping(
        _ query: SourceQuery, _ file: OwnerFile, _ gatewayNames: Set<String>
    ) throws -> SourceMapping {
        var types: [String: Set<String>] = [:]
        var problems: [String] = []
        var count = 0
        var parser = RowParser(table: query.table, file: query.name, gatewayNames: gatewayNames)
        try query.forEach(file, limit: rowsMax) { number, cells in
            count += 1
            _ = try query.id(cells, number: number)
            for (column, cell) in zip(query.columns, cells) where cell != .null {
                types[column, default: []].insert(cell.typeName)
            }
            var fields = parser.fields(query.row(cells, number: number))
            if parser.parse(&fields) == nil { problems += fields.problems.map(\.description) }
        }
        return SourceMapping(
            table: query.table,
            columns: query.columns.map { ($0, types[$0]?.sorted().joined(separator: "/") ?? "NULL") },
            leftOut: query.table.columns.filter { !query.columns.contains($0) }, rows: count, problems: problems)
    }
}
