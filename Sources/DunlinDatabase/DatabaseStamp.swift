import Foundation

extension Database {
    /// Tells this very file on this very machine from a copy: machine, device and inode.
    ///
    /// - Parameters:
    ///   - path: the database's file, which must be there.
    ///   - machineIDPath: where the machine's id is kept; a machine without one counts as `unknown`.
    /// - Throws: `DatabaseError` with `notFound` when there is no such file.
    public static func stamp(path: String, machineIDPath: String = "/etc/machine-id") throws -> String {
        var information = stat()
        guard stat(path, &information) == 0 else { throw DatabaseError(.notFound, "there is no file at \(path)") }
        let machine = FileManager.default.contents(atPath: machineIDPath)
            .flatMap { String(bytes: $0, encoding: .utf8) }?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let name = machine.flatMap { $0.isEmpty ? nil : $0 } ?? "unknown"
        return "\(name):\(information.st_dev):\(information.st_ino)"
    }

    /// The stamp of this database's file; nil for one in memory.
    public func stamp(machineIDPath: String = "/etc/machine-id") throws -> String? {
        guard case .file(let path) = options.location else { return nil }
        return try Self.stamp(path: path, machineIDPath: machineIDPath)
    }
}
