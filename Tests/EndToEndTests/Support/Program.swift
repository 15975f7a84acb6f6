import DunlinTesting
import Foundation

/// The built program, run in a temporary folder with nothing of the caller's environment.
struct Program: Sendable {
    struct Ended {
        let status: Int32
        let output: String
        let error: String

        /// Standard output as one JSON object.
        func object() throws -> [String: Any] { try json() as? [String: Any] ?? [:] }

        func json() throws -> Any {
            try JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed)
        }
    }

    let folder: TemporaryFolder
    var environment: [String: String] = [:]

    init() throws { folder = try TemporaryFolder() }

    /// Beside the tests' own program, where the build puts both.
    static var path: String {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: "dunlin").path
    }

    /// Runs the program to its end.
    func run(_ arguments: String..., input: String = "") async throws -> Ended {
        try await run(arguments, input: input)
    }

    func run(_ arguments: [String], input: String = "") async throws -> Ended {
        try await start(arguments, input: input).end()
    }

    /// Starts the program; what it writes goes to files, so that nothing has to be read meanwhile.
    ///
    /// - Parameter secondsMax: after this it counts as hung.
    func start(
        _ arguments: [String], input: String = "", secondsMax: Int64 = RunningProgram.secondsMax
    ) throws -> RunningProgram {
        try RunningProgram(
            self, executable: Self.path, arguments: arguments, input: input, secondsMax: secondsMax)
    }

    /// Runs the program below another one that limits or watches it: `bash -c`, `strace`.
    func run(
        below executable: String, _ before: [String], _ arguments: [String], input: String = ""
    ) async throws -> Ended {
        try await RunningProgram(
            self, executable: executable, arguments: before + [Self.path] + arguments, input: input
        ).end()
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder.file(name)))
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: folder.file(name), encoding: .utf8) }
}
