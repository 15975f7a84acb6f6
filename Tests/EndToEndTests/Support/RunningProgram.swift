import DunlinTesting
import Foundation
import NIOCore
import NIOPosix

/// A program that was started and not yet waited for. Killed when nobody holds it any more.
final class RunningProgram: Sendable {
    /// A program that has not ended by itself after this time hangs, and is killed, so that whoever waits goes on.
    static let secondsMax: Int64 = 100

    struct EndedEarly: Error, CustomStringConvertible {
        let description: String
    }

    let id: pid_t
    private let files: (output: String, error: String)
    private let status = Event<Int32>()

    init(
        _ program: Program, executable: String, arguments: [String], input: String,
        secondsMax: Int64 = RunningProgram.secondsMax
    ) throws {
        let name = program.folder.file(UUID().uuidString)
        files = ("\(name).out", "\(name).err")
        try Data(input.utf8).write(to: URL(filePath: "\(name).in"))
        id = try Spawn(
            executable: executable, arguments: arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": program.folder.path].merging(program.environment) { $1 },
            folder: program.folder.path, input: "\(name).in", output: files.output, error: files.error
        ).start()
        let status = status
        Spawn.wait(for: id) { status.happen($0) }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .seconds(secondsMax)) { [weak self] in
            self?.kill()
        }
    }

    deinit { kill() }

    /// As `kill -9` does.
    func kill() { signal(SIGKILL) }

    func terminate() { signal(SIGTERM) }

    /// Does nothing once the program has ended, since its id may be another's then.
    func signal(_ number: Int32) {
        if status.value == nil { Foundation.kill(id, number) }
    }

    /// Stops the program where it is, as a laptop's lid does, and returns once it stands still.
    func fallAsleep() async throws {
        signal(SIGSTOP)
        while status.value == nil,
            try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8).contains(") T ") == false
        {
            try await aMoment()
        }
    }

    func wakeUp() { signal(SIGCONT) }

    /// What the program wrote up to its first line end; nil when it ended without one.
    func firstLine() async throws -> String? { try await line { _ in true } }

    /// The first line on standard output that is as wanted; nil when the program ended without one.
    func line(where isWanted: (String) -> Bool) async throws -> String? {
        while true {
            let hasEnded = status.value != nil
            let text = try String(contentsOfFile: files.output, encoding: .utf8)
            let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            if let found = whole.first(where: isWanted) { return found }
            if hasEnded { return nil }
            try await aMoment()
        }
    }

    /// Waits until standard error has this text.
    ///
    /// - Throws: `EndedEarly` when the program ends without it.
    func logs(_ text: String) async throws {
        while true {
            let hasEnded = status.value != nil
            let log = try String(contentsOfFile: files.error, encoding: .utf8)
            if log.contains(text) { return }
            if hasEnded { throw EndedEarly(description: "ended without \(text): \(log)") }
            try await aMoment()
        }
    }

    /// The first whole line of standard error that has this text.
    ///
    /// - Throws: `EndedEarly` when the program ends without it.
    func logLine(_ text: String) async throws -> String {
        try await logs(text)
        while true {
            let log = try String(contentsOfFile: files.error, encoding: .utf8)
            let whole = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = whole.first(where: { $0.contains(text) }) { return String(line) }
            try await aMoment()
        }
    }

    /// Waits until the program has done something that `event` tells of.
    ///
    /// - Throws: `EndedEarly` when it ends before.
    func waits<Value: Sendable>(for event: Event<Value>) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = try await event.wait()
                return true
            }
            group.addTask {
                _ = try await self.status.wait()
                return false
            }
            let happened = try await group.next() ?? false
            group.cancelAll()
            if !happened, event.value == nil {
                throw EndedEarly(
                    description: "ended before: \(try String(contentsOfFile: files.error, encoding: .utf8))")
            }
        }
    }

    /// - Returns: how it ended; the status is below zero for a signal.
    @discardableResult
    func end() async throws -> Program.Ended {
        Program.Ended(
            status: try await status.wait(), output: try String(contentsOfFile: files.output, encoding: .utf8),
            error: try String(contentsOfFile: files.error, encoding: .utf8))
    }
}

/// A few milliseconds, for the one thing that nothing tells of: what another process writes to a file.
func aMoment() async throws {
    try await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
}
