/// What a file says in one place, before anyone asks what it should be.
struct Cell: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        /// The file has no such column.
        case absent
        case null
        case text(String)
        /// A JSON number, exactly as written.
        case number(String)
        /// A JSON true or false.
        case flag(Bool)
        /// Cannot be any value; says why.
        case invalid(String)
    }

    var value: Value
    /// Where in its line the cell begins, in bytes counted from 1.
    var position: Int?

    static let absent = Cell(value: .absent, position: nil)
}

/// One row of a file, its cells in the order of `ImportTable.columns`.
struct InputRow: Sendable {
    var line: Int
    var cells: [Cell]
}

/// What a reader of rows finds next.
enum RowEvent: Sendable {
    case row(InputRow)
    case problem(ImportProblem)
}
