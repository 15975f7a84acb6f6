/// One row of a CSV file, as bytes and where its fields lie in them.
struct CSVRecord: Equatable {
    struct Field: Equatable {
        var range: Range<Int>
        /// Where the field begins in the file, both counted from 1; the position in bytes.
        var line: Int
        var position: Int
        var isQuoted: Bool
    }

    /// The line on which the record begins.
    var line: Int
    var bytes: [UInt8] = []
    var fields: [Field] = []

    /// The field's text; nil when it is not UTF-8.
    func text(_ index: Int) -> String? { String(validating: bytes[fields[index].range], as: UTF8.self) }

    /// True for a line of nothing but blanks.
    var isBlank: Bool {
        fields.count == 1 && !fields[0].isQuoted && bytes.allSatisfy { $0 == Byte.blank || $0 == Byte.tab }
    }
}

/// Reads CSV by RFC 4180, a record at a time, in bounded memory.
///
/// Beyond the RFC: a byte order mark is skipped; a line ends with CR LF, LF or CR; blank lines are skipped. A quote
/// inside an unquoted field and text after a closing quote are problems rather than guesses; reading goes on with the
/// next line after them. A record that is too long ends the reading: most often a quote before it was never closed.
struct CSVReader {
    enum Event: Equatable {
        case record(CSVRecord)
        case problem(line: Int, position: Int, reason: String)
    }

    /// The longest record, in bytes.
    let recordBytesMax: Int
    private var reader: ByteReader
    private var line = 1
    private var position = 1
    private var isOver = false

    init(_ reader: ByteReader, recordBytesMax: Int = 65_536) {
        self.reader = reader
        self.recordBytesMax = recordBytesMax
    }

    /// The next record or problem; nil at the end.
    mutating func next() throws(ImportError) -> Event? {
        while !isOver, try reader.peek() != nil {
            var record = CSVRecord(line: line)
            if let problem = try read(into: &record) { return problem }
            if !record.isBlank { return .record(record) }
        }
        return nil
    }

    /// Reads to the end of the record; answers a problem when it cannot be read.
    private mutating func read(into record: inout CSVRecord) throws(ImportError) -> Event? {
        while true {
            let field = CSVRecord.Field(
                range: record.bytes.count..<record.bytes.count, line: line, position: position,
                isQuoted: try reader.peek() == Byte.quote)
            record.fields.append(field)
            let problem = field.isQuoted ? try readQuoted(into: &record) : try readPlain(into: &record)
            if let problem { return problem }
            record.fields[record.fields.count - 1].range = field.range.lowerBound..<record.bytes.count
            guard try takeSeparator() == Byte.comma else { return nil }
        }
    }

    private mutating func readPlain(into record: inout CSVRecord) throws(ImportError) -> Event? {
        while let byte = try reader.peek(), byte != Byte.comma, !byte.isLineEnd {
            guard byte != Byte.quote else {
                return try skipLine(
                    after: problem(
                        "a quote inside a field that does not begin with one; double it"
                            + " and put the whole field in quotes"))
            }
            guard record.bytes.count < recordBytesMax else { return tooLong(record) }
            record.bytes.append(byte)
            _ = try take()
        }
        return nil
    }

    private mutating func readQuoted(into record: inout CSVRecord) throws(ImportError) -> Event? {
        let opening = problem("this quote is never closed")
        _ = try take()
        while let byte = try take() {
            if byte == Byte.quote, try reader.peek() != Byte.quote {
                guard let after = try reader.peek(), after != Byte.comma, !after.isLineEnd else { return nil }
                return try skipLine(after: problem("text after a closing quote; a quote inside a field is doubled"))
            }
            if byte == Byte.quote { _ = try take() }
            guard record.bytes.count < recordBytesMax else { return tooLong(record) }
            record.bytes.append(byte)
        }
        isOver = true
        return opening
    }

    /// Moves behind the end of the line, so that one bad line costs no other.
    private mutating func skipLine(after problem: Event) throws(ImportError) -> Event {
        var skipped = 0
        while let byte = try reader.peek(), !byte.isLineEnd {
            _ = try take()
            skipped += 1
            guard skipped < recordBytesMax else {
                isOver = true
                return problem
            }
        }
        _ = try takeSeparator()
        return problem
    }

    private mutating func tooLong(_ record: CSVRecord) -> Event {
        isOver = true
        let last = record.fields[record.fields.count - 1]
        let reason =
            last.isQuoted
            ? "the row is longer than \(recordBytesMax) bytes; is the quote here ever closed?"
            : "the row is longer than \(recordBytesMax) bytes; is this a CSV file?"
        return .problem(line: last.line, position: last.position, reason: reason)
    }

    private func problem(_ reason: String) -> Event { .problem(line: line, position: position, reason: reason) }

    /// Takes a comma or a whole line end.
    private mutating func takeSeparator() throws(ImportError) -> UInt8? {
        let byte = try take()
        if byte == Byte.carriageReturn, try reader.peek() == Byte.lineFeed { _ = try take() }
        return byte
    }

    /// Takes one byte, and keeps count of lines and positions.
    private mutating func take() throws(ImportError) -> UInt8? {
        guard let byte = try reader.next() else { return nil }
        position += 1
        guard byte.isLineEnd else { return byte }
        // CR LF is one line end: the LF that comes next counts.
        if byte == Byte.carriageReturn, try reader.peek() == Byte.lineFeed { return byte }
        line += 1
        position = 1
        return byte
    }
}

extension UInt8 {
    fileprivate var isLineEnd: Bool { self == Byte.lineFeed || self == Byte.carriageReturn }
}
