import Foundation

/// Starts a program as `posix_spawn` does, with files for its input and output and no blocked signals.
/// (Foundation's `Process` must not be started from several threads at once.)
struct Spawn {
    struct Failed: Error, CustomStringConvertible {
        let executable: String
        let code: Int32
        var description: String { "\(executable) could not be started: \(String(cString: strerror(code)))" }
    }

    var executable: String
    var arguments: [String]
    var environment: [String: String]
    var folder: String
    var input: String
    var output: String
    var error: String

    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #endif

    /// - Returns: the id of the process.
    func start() throws -> pid_t {
        var actions = Actions.fresh
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var attributes = Attributes.fresh
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var id: pid_t = 0
        // The shell only changes the folder and becomes the program, with the same id.
        let all = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, folder, executable] + arguments
        let code = Self.withStrings(all) { arguments in
            Self.withStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw Failed(executable: executable, code: code) }
        return id
    }

    /// Waits on a thread of its own until the process has ended.
    ///
    /// - Parameter ended: gets the status, below zero for a signal.
    static func wait(for id: pid_t, ended: @escaping @Sendable (Int32) -> Void) {
        Thread.detachNewThread {
            var status: Int32 = 0
            while waitpid(id, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7F
            ended(signal == 0 ? (status >> 8) & 0xFF : -signal)
        }
    }

    private static func withStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

#if canImport(Darwin)
    extension Optional {
        fileprivate static var fresh: Self { nil }
    }
#else
    extension posix_spawn_file_actions_t {
        fileprivate static var fresh: Self { Self() }
    }

    extension posix_spawnattr_t {
        fileprivate static var fresh: Self { Self() }
    }
#endif
