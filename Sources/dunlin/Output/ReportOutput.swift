import Crypto
import DunlinDatabase
import DunlinReports
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a report goes: standard output, or a file that is there only when it is whole.
enum ReportOutput {
    /// What was written, for the manifest.
    struct Written: Sendable {
        let totals: ReportTotals
        let bytes: Int
        let sha256: String
    }

    /// Writes a report in pieces of this size.
    private static let pieceBytes = 64 * 1024

    static func writeToStandardOutput(
        _ report: some Report, as format: ReportFormat, _ tx: Transaction
    ) throws -> ReportTotals {
        var piece = ""
        let totals = try report.write(tx, as: format) { text in
            piece += text
            guard piece.utf8.count >= pieceBytes else { return }
            StandardStreams.writeOutput(piece)
            piece = ""
        }
        StandardStreams.writeOutput(piece)
        return totals
    }

    /// Writes beside the file first and puts it in its place at the end, so that nobody reads half a report.
    ///
    /// - Throws: a `CommandFailure` when the file cannot be written.
    static func write(
        _ report: some Report, as format: ReportFormat, toFile path: String, _ tx: Transaction
    ) throws -> Written {
        let unfinished = "\(path).unfinished"
        guard FileManager.default.createFile(atPath: unfinished, contents: nil),
            let file = FileHandle(forWritingAtPath: unfinished)
        else { throw CommandFailure(.badInput, "\(path) cannot be written") }
        var hash = SHA256()
        var bytes = 0
        var piece = Data()
        func flush() throws {
            hash.update(data: piece)
            bytes += piece.count
            try file.write(contentsOf: piece)
            piece.removeAll(keepingCapacity: true)
        }
        do {
            let totals = try report.write(tx, as: format) { text in
                piece.append(contentsOf: text.utf8)
                if piece.count >= pieceBytes { try flush() }
            }
            try flush()
            try file.synchronize()
            try file.close()
            try move(unfinished, to: path)
            let digits = hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
            return Written(totals: totals, bytes: bytes, sha256: digits.joined())
        } catch {
            try? FileManager.default.removeItem(atPath: unfinished)
            throw error
        }
    }

    /// Puts a small text in its place at once.
    static func write(_ text: String, toFile path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(.badInput, "\(path) cannot be written")
        }
    }

    private static func move(_ source: String, to path: String) throws {
        guard rename(source, path) == 0 else { throw CommandFailure(.badInput, "\(path) cannot be written") }
    }
}
