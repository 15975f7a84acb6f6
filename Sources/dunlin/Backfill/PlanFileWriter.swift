import Crypto
import DunlinCore
import Foundation

/// Writes a plan line by line into a file without a name, and gives it its name when it is complete: a plan is there
/// whole or not at all, and only its owner can read it.
final class PlanFileWriter {
    private let lines: FileHandle
    private var hash = SHA256()
    private var waiting = Data()
    private let encoder: JSONEncoder

    /// - Parameter folder: where the file is to be, so that naming it is one step.
    /// - Throws: a `CommandFailure` when nothing can be written there.
    init(folder: String) throws {
        let (handle, path) = try Self.makeFile(in: folder)
        unlink(path)
        lines = handle
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func add(_ entry: BackfillEntry) throws {
        var line = try encoder.encode(entry)
        line.append(UInt8(ascii: "\n"))
        hash.update(data: line)
        waiting.append(line)
        if waiting.count > 65_536 { try flush() }
    }

    /// SHA-256 of the lines, after the last one.
    func endLines() throws -> String {
        try flush()
        return hash.finalize().map { String(format: "%02x", $0) }.joined()
    }

    /// The lines from the first on.
    func reread() throws -> PlanLines {
        try lines.seek(toOffset: 0)
        return PlanLines(lines)
    }

    /// Puts header and lines into a file of this name, which must not be there yet.
    func save(_ header: PlanHeader, as path: String) throws {
        let (target, temporary) = try Self.makeFile(in: (path as NSString).deletingLastPathComponent)
        do {
            try target.write(contentsOf: Data((try header.text() + "\n").utf8))
            try lines.seek(toOffset: 0)
            while let bytes = try lines.read(upToCount: 65_536), !bytes.isEmpty { try target.write(contentsOf: bytes) }
            try target.synchronize()
            try target.close()
            // Unlike a renaming, a link never takes the place of a file that is there.
            guard link(temporary, path) == 0 else {
                let why = errno == EEXIST ? "it is there already; name another file" : String(cString: strerror(errno))
                throw CommandFailure(.badInput, "\(path) cannot be written: \(why)")
            }
            unlink(temporary)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func flush() throws {
        try lines.write(contentsOf: waiting)
        waiting.removeAll(keepingCapacity: true)
    }

    /// `mkstemp` makes the file with mode 0600.
    private static func makeFile(in folder: String) throws -> (FileHandle, String) {
        let place = folder.isEmpty ? "." : folder
        var template = Array("\(place)/.dunlin-plan-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw CommandFailure(.badInput, "nothing can be written in \(place): \(String(cString: strerror(errno)))")
        }
        let path = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        return (FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), path)
    }
}
