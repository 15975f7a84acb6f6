/// The rows of a CSV file: its first record names the columns, each later one has a cell for each of them.
struct CSVRows {
    private var reader: CSVReader
    private let file: String
    private let table: ImportTable
    /// For each column of the table the field that holds it; nil until the header was read.
    private var fieldOfColumn: [Int?]?
    private var fieldCount = 0
    /// Problems of the header that were found together.
    private var waiting: [ImportProblem] = []
    private var isOver = false

    init(_ reader: CSVReader, file: String, table: ImportTable) {
        self.reader = reader
        self.file = file
        self.table = table
    }

    mutating func next() throws(ImportError) -> RowEvent? {
        if fieldOfColumn == nil, !isOver { try readHeader() }
        if !waiting.isEmpty { return .problem(waiting.removeFirst()) }
        while !isOver, let event = try reader.next() {
            switch event {
            case .problem(let line, let position, let reason):
                return .problem(ImportProblem(file: file, line: line, position: position, reason: reason))
            case .record(let record):
                // A spreadsheet writes rows that were emptied as commas alone.
                if record.bytes.isEmpty { continue }
                return rowEvent(record)
            }
        }
        return nil
    }

    private func rowEvent(_ record: CSVRecord) -> RowEvent {
        guard record.fields.count == fieldCount, let fieldOfColumn else {
            let reason = "the row has \(record.fields.count) columns, the header \(fieldCount)"
            return .problem(ImportProblem(file: file, line: record.line, reason: reason))
        }
        return .row(InputRow(line: record.line, cells: fieldOfColumn.map { cell(record, $0) }))
    }

    private func cell(_ record: CSVRecord, _ index: Int?) -> Cell {
        guard let index else { return .absent }
        let field = record.fields[index]
        let position = field.line == record.line ? field.position : nil
        guard let text = record.text(index) else {
            return Cell(value: .invalid("is not UTF-8; save the file as UTF-8"), position: position)
        }
        return Cell(value: .text(text), position: position)
    }

    /// Reads the header. Any problem in it ends the reading: the rows would all be wrong in the same way.
    private mutating func readHeader() throws(ImportError) {
        switch try reader.next() {
        case nil: refuse(line: 1, reason: "the file is empty; the first line names the columns")
        case .problem(let line, let position, let reason): refuse(line: line, position: position, reason: reason)
        case .record(let record): take(header: record)
        }
        isOver = fieldOfColumn == nil
    }

    private mutating func take(header: CSVRecord) {
        if header.fields.count == 1, let separator = header.otherSeparator {
            let reason = "the columns are separated by \(separator); separate them by commas"
            return refuse(line: header.line, reason: reason)
        }
        var fieldOf: [String: Int] = [:]
        for (index, field) in header.fields.enumerated() {
            let name = (header.text(index) ?? "\u{FFFD}").trimmed
            if !table.columns.contains(name) {
                refuse(line: field.line, position: field.position, reason: surplusColumn(name, table))
            } else if fieldOf.updateValue(index, forKey: name) != nil {
                refuse(line: field.line, position: field.position, reason: "column \(name) is there twice")
            }
        }
        for name in table.requiredColumns where fieldOf[name] == nil {
            refuse(line: header.line, reason: "column \(name) is missing; it may be empty where there is no value")
        }
        guard waiting.isEmpty else { return }
        fieldCount = header.fields.count
        fieldOfColumn = table.columns.map { fieldOf[$0] }
    }

    private mutating func refuse(line: Int, position: Int? = nil, reason: String) {
        // A header as wide as a row may be would otherwise give thousands.
        guard waiting.count < 100 else { return }
        waiting.append(ImportProblem(file: file, line: line, position: position, reason: reason))
    }
}

/// What is wrong with a column that the table does not have.
func surplusColumn(_ name: String, _ table: ImportTable) -> String {
    guard !name.isEmpty else { return "a column without a name; every column has one" }
    return "\(table.rawValue) has no column \(shown(name)); it has \(table.columns.joined(separator: ", "))"
}

extension CSVRecord {
    fileprivate var otherSeparator: String? {
        if bytes.contains(UInt8(ascii: ";")) { return "semicolons" }
        return bytes.contains(Byte.tab) ? "tabs" : nil
    }
}

extension String {
    /// Without blanks and tabs at either end.
    var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let start = firstIndex(where: { !isBlank($0) }), let end = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[start...end])
    }
}
