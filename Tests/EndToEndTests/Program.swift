import DunlinTesting
import Foundation
import Testing

/// The built program, run in a temporary folder with nothing of the caller's environment.
struct Program {
    struct Ended {
        let status: Int32
        let output: String
        let error: String

        /// Standard output as JSON.
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
        let running = try start(arguments, input: input)
        return try await running.end()
    }

    /// Starts the program; what it writes goes to files, so that nothing has to be read meanwhile.
    func start(_ arguments: [String], input: String = "") throws -> RunningProgram {
        try RunningProgram(self, arguments: arguments, input: input)
    }
}

/// A program that was started and not yet waited for.
final class RunningProgram: @unchecked Sendable {
    private let process = Process()
    private let outputPath: String
    private let errorPath: String
    private let ended: AsyncStream<Int32>

    fileprivate init(_ program: Program, arguments: [String], input: String) throws {
        let name = UUID().uuidString
        outputPath = program.folder.file("\(name).out")
        errorPath = program.folder.file("\(name).err")
        let inputPath = program.folder.file("\(name).in")
        try Data(input.utf8).write(to: URL(filePath: inputPath))
        for path in [outputPath, errorPath] { try Data().write(to: URL(filePath: path)) }
        process.executableURL = URL(filePath: Program.path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: program.folder.path)
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": program.folder.path].merging(program.environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: inputPath))
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        ended = stream
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    var id: Int32 { process.processIdentifier }

    /// As `kill -9` does.
    func kill() { Foundation.kill(id, SIGKILL) }
    func terminate() { process.terminate() }

    func end() async throws -> Program.Ended {
        var status: Int32 = -1
        for await code in ended { status = code }
        return Program.Ended(
            status: status, output: try String(contentsOfFile: outputPath, encoding: .utf8),
            error: try String(contentsOfFile: errorPath, encoding: .utf8))
    }
}
