import Foundation

/// How much memory a process occupies.
enum ResidentMemory {
    /// - Throws: a `BenchError` where the system does not say.
    static func bytes(of id: Int32) throws -> Int {
        #if os(Linux)
            let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
            let line = text?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        #else
            let kilobytes = try kilobytesByList(of: id)
        #endif
        guard let kilobytes else { throw BenchError("the system does not tell the memory of process \(id)") }
        return kilobytes * 1024
    }

    #if !os(Linux)
        private static func kilobytesByList(of id: Int32) throws -> Int? {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/ps")
            process.arguments = ["-o", "rss=", "-p", String(id)]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return Int(text.filter(\.isNumber))
        }
    #endif
}
