/// Reads a file line by line in bounded memory. Lines end with LF or CR LF; blank ones are skipped.
struct LineReader {
    enum Event: Equatable {
        case line(Int, [UInt8])
        /// The line has more than `lineBytesMax` bytes; nothing is read after it.
        case tooLong(Int)
    }

    let lineBytesMax: Int
    private var reader: ByteReader
    private var line = 0
    private var isOver = false

    init(_ reader: ByteReader, lineBytesMax: Int = 65_536) {
        self.reader = reader
        self.lineBytesMax = lineBytesMax
    }

    /// The next line that is not blank, with its number; nil at the end.
    mutating func next() throws(ImportError) -> Event? {
        while !isOver {
            line += 1
            guard let bytes = try readLine() else { return tooLong() }
            if !bytes.allSatisfy({ $0 == Byte.blank || $0 == Byte.tab }) { return .line(line, bytes) }
            isOver = try reader.peek() == nil
        }
        return nil
    }

    /// Nil when the line is too long.
    private mutating func readLine() throws(ImportError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while let byte = try reader.next(), byte != Byte.lineFeed {
            guard bytes.count < lineBytesMax else { return nil }
            bytes.append(byte)
        }
        if bytes.last == Byte.carriageReturn { bytes.removeLast() }
        return bytes
    }

    private mutating func tooLong() -> Event {
        isOver = true
        return .tooLong(line)
    }
}
