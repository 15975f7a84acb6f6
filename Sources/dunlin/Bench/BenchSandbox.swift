import DunlinSandbox
import Foundation

/// `dunlin sandbox` as a process of its own.
struct BenchSandbox {
    let baseURL: String
    private let process: Process

    /// Its process id.
    var id: Int32 { process.processIdentifier }

    /// - Parameter arguments: more of the command line.
    /// - Throws: a `BenchError` when this program cannot be started once more.
    init(_ arguments: [String] = []) throws {
        guard let program = Bundle.main.executablePath else { throw BenchError("this program does not find itself") }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["sandbox", "--port", "0", "--json", "--quiet"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        guard let url = try? JSONValue(parsing: line)["base_url"]?.string else {
            process.terminate()
            throw BenchError("the sandbox did not say where it listens")
        }
        baseURL = url
        self.process = process
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
