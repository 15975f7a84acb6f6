import Crypto
import DunlinCore
import Foundation

/// The lines of a plan, one after the other, never all at once.
struct PlanLines: Sequence, IteratorProtocol {
    /// The longest line, in bytes.
    static let lineBytesMax = 65_536

    private let handle: FileHandle
    private var bytes = Data()
    private var isAtEnd = false
    /// Why reading stopped before the end.
    private(set) var failure: String?

    init(_ handle: FileHandle) { self.handle = handle }

    /// The next line without its end; nil at the end of the file and after a failure.
    mutating func nextLine() -> Data? {
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(bytes[bytes.startIndex..<end])
                bytes = bytes[(end + 1)...]
                return line
            }
            guard !isAtEnd else {
                if !bytes.isEmpty { failure = "its last line is not complete" }
                return nil
            }
            guard bytes.count <= Self.lineBytesMax else {
                failure = "a line is longer than \(Self.lineBytesMax) bytes"
                return nil
            }
            let more = (try? handle.read(upToCount: 65_536)) ?? Data()
            isAtEnd = more.isEmpty
            bytes = Data(bytes) + more
        }
    }

    mutating func next() -> BackfillEntry? {
        nextLine().flatMap { try? JSONDecoder().decode(BackfillEntry.self, from: $0) }
    }
}

/// A plan file that was read and is what its header says.
struct PlanFile {
    let header: PlanHeader
    private let path: String

    /// Reads the whole file once.
    ///
    /// - Throws: a `CommandFailure` when it cannot be read, is no plan, or was changed.
    init(path: String) throws {
        self.path = path
        var lines = PlanLines(try Self.open(path))
        guard let first = lines.nextLine(), let header = Self.header(first) else {
            throw CommandFailure(.badInput, "\(path) is no plan that dunlin run --backfill --out wrote")
        }
        guard header.dunlinPlan == PlanHeader.format else {
            throw CommandFailure(.badInput, "\(path) is a plan of another version of the program: make a new one")
        }
        guard try header.sealed() == header, String(decoding: first, as: UTF8.self) == (try header.text()) else {
            throw Self.changed(path, "its header is not as it was written")
        }
        self.header = header
        try check(&lines)
    }

    /// The lines from the first on, those that are left out among them.
    func lines() throws -> PlanLines {
        var lines = PlanLines(try Self.open(path))
        _ = lines.nextLine()
        return lines
    }

    private func check(_ lines: inout PlanLines) throws {
        var hash = SHA256()
        var totals = PlanTotals()
        while let line = lines.nextLine() {
            hash.update(data: line)
            hash.update(data: [UInt8(ascii: "\n")])
            guard let entry = try? JSONDecoder().decode(BackfillEntry.self, from: line) else {
                throw Self.changed(path, "a line cannot be read")
            }
            try totals.add(entry)
        }
        if let failure = lines.failure { throw Self.changed(path, failure) }
        guard hash.finalize().map({ String(format: "%02x", $0) }).joined() == header.linesSha256 else {
            throw Self.changed(path, "its lines are not as they were written")
        }
        guard totals.lines == header.lines, totals.skipped == header.skipped, totals.totals == header.totals else {
            throw Self.changed(path, "its lines do not come to the totals of its header")
        }
    }

    private static func changed(_ path: String, _ why: String) -> CommandFailure {
        CommandFailure(.badInput, "\(path) was changed: \(why); make a new plan with dunlin run --backfill")
    }

    private static func header(_ line: Data) -> PlanHeader? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(PlanHeader.self, from: line)
    }

    private static func open(_ path: String) throws -> FileHandle {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard isThere, !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
            let why = isFolder.boolValue ? "it is a folder" : isThere ? "see its permissions" : "there is no such file"
            throw CommandFailure(.badInput, "\(path) cannot be read: \(why)")
        }
        return handle
    }
}
