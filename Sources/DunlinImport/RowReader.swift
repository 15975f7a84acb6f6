/// Reads the rows of one file, CSV or JSON Lines, whichever it is, in the order of its table's columns.
struct RowReader {
    private enum Format {
        case csv(CSVRows)
        case json(JSONRows)
        /// Cannot be read at all; says why, once.
        case unreadable(String)
        case over
    }

    let file: String
    private var format: Format

    /// Looks at the first bytes to tell the format. A header of CSV never begins with a brace.
    init(_ input: InputFile, table: ImportTable, rowBytesMax: Int) throws(ImportError) {
        file = input.name
        var reader = ByteReader(input)
        let isLittleEndian = try reader.skipAtStart([0xFF, 0xFE])
        let isBigEndian = try reader.skipAtStart([0xFE, 0xFF])
        guard !isLittleEndian, !isBigEndian else {
            format = .unreadable("the file is UTF-16; save it as UTF-8")
            return
        }
        _ = try reader.skipAtStart([0xEF, 0xBB, 0xBF])
        switch try RowReader.firstByteOfText(reader, among: rowBytesMax) {
        case nil: format = .unreadable("the file is empty; the first line names the columns")
        case UInt8(ascii: "["): format = .unreadable("this is a JSON list; give one object per line, without brackets")
        case Byte.openBrace:
            format = .json(JSONRows(LineReader(reader, lineBytesMax: rowBytesMax), file: input.name, table: table))
        default:
            format = .csv(CSVRows(CSVReader(reader, recordBytesMax: rowBytesMax), file: input.name, table: table))
        }
    }

    /// The first byte that is not blank; nil when the file has none.
    private static func firstByteOfText(_ reader: ByteReader, among bytesMax: Int) throws(ImportError) -> UInt8? {
        var reader = reader
        for _ in 0..<bytesMax {
            guard let byte = try reader.next() else { return nil }
            if ![Byte.blank, Byte.tab, Byte.lineFeed, Byte.carriageReturn].contains(byte) { return byte }
        }
        return Byte.blank
    }

    /// The next row or problem; nil at the end.
    mutating func next() throws(ImportError) -> RowEvent? {
        switch format {
        case .csv(var rows):
            format = .over
            defer { format = .csv(rows) }
            return try rows.next()
        case .json(var rows):
            format = .over
            defer { format = .json(rows) }
            return try rows.next()
        case .unreadable(let reason):
            format = .over
            return .problem(ImportProblem(file: file, line: 1, reason: reason))
        case .over: return nil
        }
    }
}
