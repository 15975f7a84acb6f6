import Foundation

extension Database {
    /// Copies the database as it stands to a new file while others go on writing.
    ///
    /// The copy is checked, flushed, and appears under its name only when it is whole.
    ///
    /// - Throws: `DatabaseError` with `exists` when there is a file at `path` already.
    public func backup(to path: String) async throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw DatabaseError(.exists, "\(path) exists already: name another file for the backup")
        }
        let partial = path + ".partial"
        var copyOptions = options
        copyOptions.location = .file(path: partial)
        copyOptions.opening = .createIfMissing
        try removeIfThere(partial)
        _ = try DatabaseFile(path: partial, options: copyOptions).prepare()
        try await read { tx in try tx.copyDatabase(to: partial) }
        try flush(partial)
        guard rename(partial, path) == 0 else {
            throw DatabaseError(.ioError, "the backup could not be named \(path): \(String(cString: strerror(errno)))")
        }
        try flush(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    private func removeIfThere(_ path: String) throws {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw DatabaseError(.cannotOpen, "\(path) is in the way: \(String(cString: strerror(errno)))")
    }

    private func flush(_ path: String) throws {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DatabaseError(.ioError, "\(path) cannot be opened to be flushed") }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DatabaseError(.ioError, "\(path) cannot be flushed to the disk") }
    }
}
