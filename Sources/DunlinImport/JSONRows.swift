/// The rows of a file of JSON Lines: one object per line, its names are the columns.
struct JSONRows {
    private var reader: LineReader
    private let file: String
    private let table: ImportTable
    private let columnOf: [String: Int]
    private var waiting: [RowEvent] = []

    init(_ reader: LineReader, file: String, table: ImportTable) {
        self.reader = reader
        self.file = file
        self.table = table
        columnOf = Dictionary(uniqueKeysWithValues: table.columns.enumerated().map { ($1, $0) })
    }

    mutating func next() throws(ImportError) -> RowEvent? {
        if !waiting.isEmpty { return waiting.removeFirst() }
        switch try reader.next() {
        case nil: return nil
        case .tooLong(let line):
            let reason = "the line is longer than \(reader.lineBytesMax) bytes; give one object per line"
            return .problem(ImportProblem(file: file, line: line, reason: reason))
        case .line(let line, let bytes): return rowEvent(line, bytes)
        }
    }

    private mutating func rowEvent(_ line: Int, _ bytes: [UInt8]) -> RowEvent {
        let members: [JSONObject.Member]
        do {
            members = try JSONObject.members(of: bytes)
        } catch {
            return .problem(ImportProblem(file: file, line: line, position: error.position, reason: error.reason))
        }
        var cells = Array(repeating: Cell.absent, count: table.columns.count)
        for member in members {
            if let column = columnOf[member.name] {
                cells[column] = member.cell
            } else if waiting.count < 20 {
                let reason = surplusColumn(member.name, table)
                waiting.append(
                    .problem(ImportProblem(file: file, line: line, position: member.cell.position, reason: reason)))
            }
        }
        waiting.append(.row(InputRow(line: line, cells: cells)))
        return waiting.removeFirst()
    }
}
