import Foundation
import Synchronization

/// A program that was started with bytes on its standard input, and is looked after without blocking a thread.
///
/// Started with `posix_spawn`: Foundation's `Process` must not be started from several threads at once.
final class ChildProcess: @unchecked Sendable {
    enum Status: Hashable, Sendable {
        case exited(Int32)
        case signaled(Int32)
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
        init(_ what: String) { description = what }
    }

    /// What a pipe holds on every system, so that all of it is there before the program starts.
    static let inputBytesMax = 60_000
    private static let errorBytesKept = 4096

    private let id: pid_t
    /// Read by the one task that looks after the program.
    private let errorEnd: Int32
    private var errorText: [UInt8] = []

    /// - Parameter command: the whole path of the program, then its arguments.
    /// - Throws: `Failed`, when it could not be started.
    init(_ command: [String], environment: [String: String], input: [UInt8]) throws {
        guard let program = command.first else { throw Failed("no program is named") }
        guard input.count <= Self.inputBytesMax else { throw Failed("the notice is too long for a program's input") }
        (id, errorEnd) = try Self.starting.withLock { _ in
            try Self.start(command, program, environment: environment, input: input)
        }
    }

    deinit { Self.close([errorEnd]) }

    /// How it ended; nil while it runs. Once it has said so the program is gone for good: do not ask again.
    func status() -> Status? {
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        readError()
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
    }

    /// To the program and whatever it has started: it leads a group of its own.
    func signal(_ number: Int32) { _ = kill(-id, number) }

    /// Takes what it has written to its standard error, so that it never waits for us.
    func readError() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(errorEnd, &buffer, buffer.count)
            guard count > 0 else { return }
            errorText = Array((errorText + buffer[..<count]).suffix(Self.errorBytesKept))
        }
    }

    var lastErrorLine: String? {
        String(decoding: errorText, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init)
    }

    // MARK: - Starting

    /// One at a time: a program must not get hold of another one's pipe while that is made.
    private static let starting = Mutex(())

    private static func start(
        _ command: [String], _ program: String, environment: [String: String], input: [UInt8]
    ) throws -> (id: pid_t, errorEnd: Int32) {
        let inputPipe = try pipe()
        defer { close([inputPipe.read]) }
        let written = input.withUnsafeBytes { write(inputPipe.write, $0.baseAddress, input.count) }
        close([inputPipe.write])
        guard written == input.count else { throw Failed("its input could not be written") }
        let errorPipe = try pipe()
        defer { close([errorPipe.write]) }
        _ = fcntl(errorPipe.read, F_SETFL, O_NONBLOCK)
        let started = spawn(
            command, program, environment: environment, input: inputPipe.read, error: errorPipe.write)
        switch started {
        case .success(let id): return (id, errorPipe.read)
        case .failure(let error):
            close([errorPipe.read])
            throw error
        }
    }

    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #endif

    private static func spawn(
        _ command: [String], _ program: String, environment: [String: String], input: Int32, error: Int32
    ) -> Result<pid_t, Failed> {
        #if canImport(Darwin)
            var (actions, attributes): (Actions, Attributes) = (nil, nil)
        #else
            var (actions, attributes) = (Actions(), Attributes())
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, error, 2)
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var id: pid_t = 0
        let code = withStrings(command) { arguments in
            withStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&id, program, &actions, &attributes, arguments, environment)
            }
        }
        return code == 0 ? .success(id) : .failure(Failed("\(program) could not be started", code: code))
    }

    /// - Returns: both ends, which are closed in the programs that are started.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Foundation.pipe(&ends) == 0 else { throw Failed("no pipe could be made", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func close(_ ends: [Int32]) {
        for end in ends { _ = Foundation.close(end) }
    }

    private static func withStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
