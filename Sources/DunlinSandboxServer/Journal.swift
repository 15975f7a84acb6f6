import DunlinSandbox
import Foundation
import Synchronization

/// The state file: an append-only list of what reached the sandbox, written before the answer leaves.
///
/// A killed process loses at most a line that was being written, and with it an answer that nobody got.
final class Journal: Sendable {
    private let file: Mutex<FileHandle>

    private init(_ file: FileHandle) { self.file = Mutex(file) }

    /// Opens or begins a state file and plays it.
    static func open(
        _ path: String, options: SandboxOptions
    ) throws(SandboxServerError) -> (journal: Journal, sandbox: Sandbox) {
        let content = try read(path)
        let lines = content.split(separator: 0x0A).map(Array.init)
        var options = options
        if case .opened(let seed, let start)? = lines.first.flatMap(JournalEntry.init) {
            guard seed == options.seed else {
                throw SandboxServerError(
                    code: .stateFileForeign, path: path,
                    advice: "the file was begun with seed \(seed); give that seed or another file")
            }
            options.start = start
        } else if !content.isEmpty {
            throw SandboxServerError(
                code: .stateFileForeign, path: path, advice: "this is no state file of the sandbox; give another path")
        }
        let sandbox = Sandbox(options)
        for entry in lines.compactMap(JournalEntry.init) { entry.play(in: sandbox) }
        // A torn last line is cut off, so that the next one starts on its own.
        let whole = content.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let journal = Journal(try handle(path, keeping: whole))
        if whole == 0 { journal.append(.opened(seed: options.seed, start: options.start)) }
        return (journal, sandbox)
    }

    private static func read(_ path: String) throws(SandboxServerError) -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        guard let data = FileManager.default.contents(atPath: path) else { throw unreadable(path) }
        return Array(data)
    }

    private static func handle(_ path: String, keeping bytes: Int) throws(SandboxServerError) -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            let isMade = FileManager.default.createFile(
                atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            guard isMade else { throw unreadable(path) }
        }
        guard let handle = FileHandle(forUpdatingAtPath: path) else { throw unreadable(path) }
        do {
            try handle.truncate(atOffset: UInt64(bytes))
            try handle.seekToEnd()
        } catch {
            throw unreadable(path)
        }
        return handle
    }

    private static func unreadable(_ path: String) -> SandboxServerError {
        SandboxServerError(
            code: .stateFileUnreadable, path: path, advice: "the file cannot be read and written; check its folder")
    }

    /// Handles a request and keeps it, in one step, so that the file has the order in which things happened.
    func handle(_ request: SandboxRequest, in sandbox: Sandbox) -> SandboxResponse {
        guard request.method != "GET" else { return sandbox.handle(request) }
        return file.withLock { file in
            let response = sandbox.handle(request)
            if let kept = JournalRequest(request, answeredWith: response) {
                Self.write(.request(kept), to: file)
            }
            return response
        }
    }

    func takeDue(from sandbox: Sandbox, at instant: Int64) -> [WebhookDelivery] {
        file.withLock { file in
            let due = sandbox.dueDeliveries(at: instant)
            if !due.isEmpty { Self.write(.due(at: instant), to: file) }
            return due
        }
    }

    func recordDelivery(_ id: Int, status: Int?, at instant: Int64, in sandbox: Sandbox) {
        file.withLock { file in
            sandbox.recordDelivery(id, status: status, at: instant)
            Self.write(.delivered(id: id, status: status, at: instant), to: file)
        }
    }

    private func append(_ entry: JournalEntry) { file.withLock { Self.write(entry, to: $0) } }

    /// A full disk must not take the running sandbox down; what could not be written is missing after a restart.
    private static func write(_ entry: JournalEntry, to file: FileHandle) {
        do {
            try file.write(contentsOf: Data(entry.line))
        } catch {
            return
        }
    }
}
