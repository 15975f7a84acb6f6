import DunlinTesting
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A program that was started and not yet waited for.
///
/// Spawned by hand: one thread reads its output and one waits for its end, so that nothing depends on a run loop, and
/// no child inherits another one's pipe.
final class RunningProgram: Sendable {
    private let id: pid_t
    private let errorPath: String
    private let firstLines: AsyncStream<String>
    private let outputs: AsyncStream<String>
    private let statuses: AsyncStream<Int32>
    private let hasEnded = Mutex(false)

    init(_ program: Program, arguments: [String], input: String) throws {
        let name = program.folder.file(UUID().uuidString)
        errorPath = "\(name).err"
        try Data(input.utf8).write(to: URL(filePath: "\(name).in"))
        let spawning = Spawning(
            program: program, arguments: arguments, inputPath: "\(name).in", errorPath: errorPath)
        let started = try spawning.start()
        id = started.id
        (firstLines, outputs) = Self.read(started.output)
        let (statuses, status) = AsyncStream<Int32>.makeStream()
        self.statuses = statuses
        let id = id
        Thread.detachNewThread {
            var code: Int32 = 0
            while waitpid(id, &code, 0) < 0, errno == EINTR {}
            // The signal that ended it, or the status that it ended with.
            status.yield(code & 0x7f != 0 ? code & 0x7f : (code >> 8) & 0xff)
            status.finish()
        }
    }

    deinit { if !hasEnded.withLock({ $0 }) { kill() } }

    /// What the program wrote up to its first line end; nil when it ended without one.
    func firstLine() async -> String? {
        for await line in firstLines { return line }
        return nil
    }

    /// As `kill -9` does.
    func kill() { Foundation.kill(id, SIGKILL) }

    func terminate() { Foundation.kill(id, SIGTERM) }

    func end() async throws -> Program.Ended {
        var output = ""
        for await text in outputs { output = text }
        var status: Int32 = -1
        for await code in statuses { status = code }
        hasEnded.withLock { $0 = true }
        return Program.Ended(
            status: status, output: output, error: try String(contentsOfFile: errorPath, encoding: .utf8))
    }

    /// Reads to the end: the first line as soon as it is there, and the whole.
    private static func read(_ descriptor: Int32) -> (firstLine: AsyncStream<String>, all: AsyncStream<String>) {
        let (lines, line) = AsyncStream<String>.makeStream()
        let (texts, text) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            var hasLine = false
            while true {
                let count = Foundation.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                all += buffer[..<count]
                if !hasLine, let end = all.firstIndex(of: UInt8(ascii: "\n")) {
                    hasLine = true
                    line.yield(String(decoding: all[..<end], as: UTF8.self))
                }
            }
            close(descriptor)
            line.finish()
            text.yield(String(decoding: all, as: UTF8.self))
            text.finish()
        }
        return (lines, texts)
    }
}

/// What `posix_spawn` needs, and its clean-up.
private struct Spawning {
    let program: Program
    let arguments: [String]
    let inputPath: String
    let errorPath: String

    /// No child is started between the making of a pipe and its mark not to be inherited.
    private static let turn = Mutex(())

    func start() throws -> (id: pid_t, output: Int32) {
        try Self.turn.withLock { _ in
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
            defer { close(ends[1]) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (try spawn(output: ends[1]), ends[0])
        }
    }

    private func spawn(output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let environment = ["PATH": "/usr/bin:/bin", "HOME": program.folder.path].merging(program.environment) { $1 }
        // `env` changes the folder and becomes the program: the id stays.
        let command = ["/usr/bin/env", "-C", program.folder.path, Program.path] + arguments
        let words = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, command[0], &actions, nil, words, variables)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        return id
    }
}
