import DunlinCore
import DunlinDatabase

/// One query on the owner's file, its columns matched with those of the import.
struct SourceQuery: Sendable {
    let table: ImportTable
    let sql: String
    let name: String
    /// As the query gives them.
    let columns: [String]
    private let indexOfID: Int
    /// For each column of the table its place in the query.
    private let places: [Int?]

    /// - Throws: a `SourceError` when the query fails, misses a column, or has one that the table does not know.
    init(_ table: ImportTable, sql: String, _ file: OwnerFile) throws {
        self.table = table
        self.sql = sql
        name = OwnerSource.name(of: table)
        do {
            columns = try file.columns(of: sql)
        } catch let error as DatabaseError {
            throw SourceError(error, path: file.path, query: name)
        }
        let given = columns
        if let surplus = given.first(where: { !table.columns.contains($0) }) {
            throw SourceError(.query, "\(name): \(surplusColumn(surplus, table))")
        }
        if let twice = given.first(where: { column in given.count(where: { $0 == column }) > 1 }) {
            throw SourceError(.query, "\(name): column \(twice) is there twice")
        }
        let missing = table.requiredColumns.filter { !given.contains($0) }
        guard missing.isEmpty, let id = given.firstIndex(of: "id") else {
            let names = missing.joined(separator: ", ")
            throw SourceError(
                .query, "\(name): the query gives no column \(names); name it with AS, or select NULL AS it")
        }
        indexOfID = id
        places = table.columns.map { given.firstIndex(of: $0) }
    }

    func forEach(_ file: OwnerFile, limit: Int? = nil, _ body: (_ number: Int, [Value]) throws -> Void) throws {
        let limited = limit.map { "SELECT * FROM (\(sql)\n) LIMIT \($0)" } ?? sql
        var number = 0
        do {
            try file.forEach(limited) { cells in
                number += 1
                try body(number, cells)
            }
        } catch let error as DatabaseError where error.sql == limited {
            throw SourceError(error, path: file.path, query: name)
        }
    }

    /// - Throws: a `SourceError` for a row without an id.
    func id(_ cells: [Value], number: Int) throws -> String {
        switch cells[indexOfID] {
        case .integer(let integer): return String(integer)
        case .text(let text) where !text.isEmpty: return text
        case .null, .text: throw SourceError(.rows, "\(name): row \(number) has no id: nothing was taken over")
        case .real, .blob:
            throw SourceError(.rows, "\(name): the id of row \(number) is neither text nor a whole number")
        }
    }

    func row(_ cells: [Value], number: Int) -> InputRow {
        InputRow(line: number, cells: places.map { $0.map { Self.cell(cells[$0]) } ?? .absent })
    }

    /// Whole numbers are text where text is due: many applications count their ids.
    private static func cell(_ value: Value) -> Cell {
        switch value {
        case .null: Cell(value: .null, position: nil)
        case .integer(let integer): Cell(value: .text(String(integer)), position: nil)
        case .text(let text): Cell(value: .text(text), position: nil)
        case .real:
            Cell(value: .invalid("is a number with a fraction (REAL), which is never exact; CAST it"), position: nil)
        case .blob: Cell(value: .invalid("is a BLOB"), position: nil)
        }
    }

    /// The same for the same row, whatever order its columns come in.
    static func hash(_ cells: [Value], _ columns: [String]) -> String {
        let parts = zip(columns, cells).map { column, cell in "\(column)\u{1F}\(cell.typeName)\u{1F}\(cell.hashText)" }
        return String(HexDigest.sha256(parts.sorted().joined(separator: "\u{1E}")).prefix(32))
    }
}

extension Value {
    var typeName: String {
        switch self {
        case .null: "NULL"
        case .integer: "INTEGER"
        case .real: "REAL"
        case .text: "TEXT"
        case .blob: "BLOB"
        }
    }

    fileprivate var hashText: String {
        switch self {
        case .null: ""
        case .integer(let integer): String(integer)
        case .real(let real): String(real)
        case .text(let text): text
        case .blob(let bytes): HexDigest.sha256(bytes)
        }
    }
}
