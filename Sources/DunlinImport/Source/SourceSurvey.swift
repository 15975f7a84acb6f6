import DunlinDatabase
import DunlinLedger

/// The first reading of the owner's tables: which rows are there, and whether they may be believed. Nothing is stored.
struct SourceSurvey: Sendable {
    struct Table: Sendable {
        let query: SourceQuery
        /// The hash of each row, by its id.
        var hashes: [String: String] = [:]
        /// The kinds of values in each column.
        var types: [String: Set<String>] = [:]
        /// Rows that are new, changed, or had a problem.
        var changed: Set<String> = []
        /// Rows that were there at the last reading.
        var vanished: [String] = []
        /// How many rows were there at the last reading.
        var storedCount = 0
        var isFirst: Bool { storedCount == 0 }
    }

    private(set) var tables: [Table] = []

    /// - Throws: a `SourceError` when a query fails or repeats an id.
    init(_ source: OwnerSource, _ file: OwnerFile) throws {
        for table in ImportTable.allCases {
            guard let sql = source.queries[table] else { continue }
            tables.append(try Self.survey(try SourceQuery(table, sql: sql, file), file))
        }
    }

    private static func survey(_ query: SourceQuery, _ file: OwnerFile) throws -> Table {
        var table = Table(query: query)
        try query.forEach(file) { number, cells in
            let id = try query.id(cells, number: number)
            if table.hashes.updateValue(SourceQuery.hash(cells, query.columns), forKey: id) != nil {
                throw SourceError(
                    .rows,
                    "\(query.name): id \(shown(id)) is there more than once (again in row \(number)); nothing "
                        + "was taken over")
            }
            for (column, cell) in zip(query.columns, cells) where cell != .null {
                table.types[column, default: []].insert(cell.typeName)
            }
        }
        return table
    }

    /// Holds what was read against the last reading.
    ///
    /// - Throws: a `SourceError` when a column holds other kinds of values than before.
    mutating func compare(acceptsTypes: Bool, _ tx: Transaction) throws {
        for index in tables.indices {
            var table = tables[index]
            let kind = table.query.table.rawValue
            if !acceptsTypes { try checkTypes(table, kind, tx) }
            table.changed = Set(table.hashes.keys)
            try SourceRows.forEach(kind, tx) { row in
                if !row.hasVanished { table.storedCount += 1 }
                guard let hash = table.hashes[row.id] else {
                    if !row.hasVanished { table.vanished.append(row.id) }
                    return
                }
                if hash == row.hash, row.problem == nil { table.changed.remove(row.id) }
            }
            table.vanished.sort()
            tables[index] = table
        }
    }

    private func checkTypes(_ table: Table, _ kind: String, _ tx: Transaction) throws {
        let before = try SourceRows.types(kind, tx)
        for (column, types) in table.types.sorted(by: { $0.key < $1.key }) {
            guard let old = before[column], !old.isEmpty, old.isDisjoint(with: types) else { continue }
            let (was, now) = (old.sorted().joined(separator: "/"), types.sorted().joined(separator: "/"))
            throw SourceError(
                .rows,
                "\(table.query.name): column \(column) was \(was) and is \(now) now: nothing was taken over; if it "
                    + "is meant, dunlin import --source --accept-types")
        }
    }

    /// True when the last reading found the same.
    var isUnchanged: Bool { tables.allSatisfy { $0.changed.isEmpty && $0.vanished.isEmpty && !$0.isFirst } }
}
