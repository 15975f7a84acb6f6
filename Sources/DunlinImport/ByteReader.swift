/// Reads a file byte by byte through one buffer of fixed size.
struct ByteReader {
    private let file: InputFile
    private var buffer: [UInt8] = []
    private var index = 0
    private var offset = 0
    private let chunkBytes: Int

    init(_ file: InputFile, chunkBytes: Int = 65_536) {
        self.file = file
        self.chunkBytes = chunkBytes
    }

    /// The next byte; nil at the end of the file.
    mutating func next() throws(ImportError) -> UInt8? {
        guard let byte = try peek() else { return nil }
        index += 1
        return byte
    }

    /// The next byte without moving on.
    mutating func peek() throws(ImportError) -> UInt8? {
        if index == buffer.count {
            buffer = try file.bytes(at: offset, countMax: chunkBytes)
            offset += buffer.count
            index = 0
            guard !buffer.isEmpty else { return nil }
        }
        return buffer[index]
    }

    /// Moves past `bytes` if they come next at the very start of the file.
    mutating func skipAtStart(_ bytes: [UInt8]) throws(ImportError) -> Bool {
        guard try peek() != nil, offset == buffer.count, index == 0, buffer.starts(with: bytes) else { return false }
        index = bytes.count
        return true
    }
}

enum Byte {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let blank = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let backslash = UInt8(ascii: "\\")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let colon = UInt8(ascii: ":")
}

extension UInt8 {
    /// True for `0` to `9`.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
