import DunlinTesting
import Foundation
import Synchronization
import Testing

/// A customer with a real browser, in a process of their own.
struct Customer: Sendable {
    private static let script =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/python/recovery.py"

    /// A Chromium by one of its names; nil where there is none.
    static let browser: String? = {
        let names = [
            "chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable",
            "chrome-headless-shell",
        ]
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let named = ProcessInfo.processInfo.environment["CHROMIUM"].map { [$0] } ?? []
        let paths = named + names.flatMap { name in folders.map { "\($0)/\(name)" } }
        return paths.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private let running: RunningProgram
    private let signal: String

    /// - Parameters:
    ///   - act: a function of the script.
    init(_ act: String, at link: String, _ program: Program) throws {
        signal = program.folder.file(UUID().uuidString)
        var program = program
        program.environment = ["CHROMIUM": try #require(Self.browser)]
        running = try RunningProgram(
            program, executable: try #require(Self.python), arguments: [Self.script, act, link, signal],
            input: "")
    }

    /// Returns once the customer has got so far.
    func got(_ far: String) async throws {
        let line = try await running.line { $0 == far }
        if line == nil {
            let ended = try await running.end()
            Issue.record("the customer did not get as far as \(far): \(ended.output) \(ended.error)")
        }
    }

    /// Lets the customer go on who waits for that.
    func goOn() throws { try Data().write(to: URL(filePath: signal)) }

    /// Returns once the customer has done everything.
    func done() async throws {
        let ended = try await running.end()
        #expect(ended.status == 0 && ended.output.hasSuffix("done\n"), "\(ended.output) \(ended.error)")
    }

    func end() async throws { try await running.end() }
}

/// Ports that the system gives to nobody by itself, one for each listener of the tests.
enum FixedPort {
    private static let next = Mutex(20_000 + Int(ProcessInfo.processInfo.processIdentifier) % 10_000)

    static func take() -> Int {
        next.withLock { port in
            defer { port += 1 }
            return port
        }
    }
}
