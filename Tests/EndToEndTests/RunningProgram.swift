import DunlinTesting
import Foundation

/// A program that was started and not yet waited for. Killed when nobody holds it any more.
final class RunningProgram: @unchecked Sendable {
    private let process = Process()
    private let files: (output: String, error: String)
    private let statuses: AsyncStream<Int32>
    private let firstLines: AsyncStream<String>

    init(_ program: Program, arguments: [String], input: String) throws {
        let name = program.folder.file(UUID().uuidString)
        files = ("\(name).out", "\(name).err")
        try Data(input.utf8).write(to: URL(filePath: "\(name).in"))
        for path in [files.output, files.error] { try Data().write(to: URL(filePath: path)) }
        process.executableURL = URL(filePath: Program.path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: program.folder.path)
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": program.folder.path].merging(program.environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: "\(name).in"))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: files.error))
        let (lines, line) = AsyncStream<String>.makeStream()
        firstLines = lines
        process.standardOutput = try Self.pipe(to: files.output, firstLine: line)
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        statuses = stream
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    deinit { if process.isRunning { kill() } }

    /// What the program wrote up to its first line end; nil when it ended without one.
    func firstLine() async -> String? {
        for await line in firstLines { return line }
        return nil
    }

    /// As `kill -9` does.
    func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    func terminate() { process.terminate() }

    func end() async throws -> Program.Ended {
        var status: Int32 = -1
        for await code in statuses { status = code }
        for await _ in firstLines {}
        return Program.Ended(
            status: status, output: try String(contentsOfFile: files.output, encoding: .utf8),
            error: try String(contentsOfFile: files.error, encoding: .utf8))
    }

    /// A pipe that is written on to a file; the first line is also handed over, and the end of the pipe ends that.
    private static func pipe(to path: String, firstLine: AsyncStream<String>.Continuation) throws -> Pipe {
        let pipe = Pipe()
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        let seen = Seen()
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                try? file.close()
                firstLine.finish()
                return
            }
            file.write(data)
            if let line = seen.firstLine(adding: data) { firstLine.yield(line) }
        }
        return pipe
    }

    /// Used by one handler at a time.
    private final class Seen: @unchecked Sendable {
        private var text: Data? = Data()

        func firstLine(adding data: Data) -> String? {
            guard var all = text else { return nil }
            all.append(data)
            text = all
            guard let end = all.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            text = nil
            return String(decoding: all[..<end], as: UTF8.self)
        }
    }
}
