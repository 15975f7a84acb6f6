import Foundation

/// A backup that took the place of a data file.
public struct RestoredDatabase: Hashable, Sendable {
    public var databaseID: String?
    /// The file that was there before; nil when there was none.
    public var keptAside: String?
}

extension Database {
    /// Puts a backup in the place of a data file. The backup is copied and checked first, and stays as it is; the file
    /// that was there is kept under another name, with its log.
    ///
    /// - Parameters:
    ///   - asideSuffix: added to the name of the file that was there.
    ///   - marks: facts for the restored file's `meta`.
    ///   - options: of the data file; nothing is migrated here.
    /// - Throws: `DatabaseError`: notFound, foreign, newer, corrupt, busy (a process has either file open), exists.
    public static func restore(
        _ backup: String, asideSuffix: String, marks: [String: String], options: DatabaseOptions
    ) throws -> RestoredDatabase {
        guard case .file(let path) = options.location else {
            throw DatabaseError(.cannotOpen, "a database in memory cannot be restored")
        }
        let files = RestoredFiles(backup: backup, path: path, aside: path + asideSuffix, options: options)
        return try files.restore(marks: marks)
    }
}

/// The files of one restoring.
private struct RestoredFiles {
    let backup: String
    let path: String
    let aside: String
    let options: DatabaseOptions

    private var partial: String { path + ".restoring" }

    func restore(marks: [String: String]) throws -> RestoredDatabase {
        try requireApart()
        defer { removePartial() }
        removePartial()
        try copyBackup()
        let databaseID = try namingBackup { try settle(marks) }
        try flush(partial)
        let kept = try replace()
        try flush(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        return RestoredDatabase(databaseID: databaseID, keptAside: kept)
    }

    /// SQLite's own words for a file that it cannot read do not say which one.
    private func namingBackup<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError where !error.message.contains(backup) {
            throw DatabaseError(error.code, "\(backup): \(error.message)", sql: error.sql)
        }
    }

    private func requireApart() throws {
        var (one, other) = (stat(), stat())
        guard stat(backup, &one) == 0, one.st_mode & S_IFMT == S_IFREG else {
            throw DatabaseError(.notFound, "there is no file at \(backup)")
        }
        if stat(path, &other) == 0, one.st_dev == other.st_dev, one.st_ino == other.st_ino {
            throw DatabaseError(.exists, "\(backup) is the data file itself: name a backup of it")
        }
        if FileManager.default.fileExists(atPath: aside) {
            throw DatabaseError(.exists, "\(aside) is in the way: move it first")
        }
    }

    /// With its log, where it is a plain copy of a file that was in use once.
    private func copyBackup() throws {
        // While a process writes to it, a copy of its bytes is worth nothing.
        try FileClaim.requireFree(backup)
        var copyOptions = options
        copyOptions.opening = .createIfMissing
        _ = try DatabaseFile(path: partial, options: copyOptions).prepare()
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: backup + suffix) {
            try copy(backup + suffix, to: partial + suffix)
        }
    }

    private func copy(_ source: String, to target: String) throws {
        do {
            let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: source))
            if !FileManager.default.fileExists(atPath: target) {
                _ = FileManager.default.createFile(
                    atPath: target, contents: nil, attributes: [.posixPermissions: Int(options.fileMode)])
            }
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: target))
            while let bytes = try input.read(upToCount: 1 << 20), !bytes.isEmpty { try output.write(contentsOf: bytes) }
            try input.close()
            try output.close()
        } catch {
            throw DatabaseError(.ioError, "\(source) cannot be copied: \(error.localizedDescription)")
        }
    }

    /// Checks the copy, takes its log in, and marks it.
    private func settle(_ marks: [String: String]) throws -> String? {
        let connection = try Connection(path: partial, purpose: .copying, busyTriesMax: 0, counters: CounterBoard())
        defer { connection.close() }
        return try connection.use { session in
            guard try session.applicationID == Connection.applicationID else {
                throw DatabaseError(.foreign, "\(backup) is not a database of Dunlin")
            }
            try session.applyCommonSettings()
            try session.leaveLog()
            let findings = try session.integrityCheck()
            guard findings.isEmpty else {
                throw DatabaseError(.corrupt, "\(backup) is damaged: \(findings.joined(separator: "; "))")
            }
            // Refuses a file of a newer program; an older one is brought up to date when it is opened.
            _ = try Schema(options.migrations).missing(session)
            for (key, value) in marks { try session.setMeta(key, value) }
            return try session.cell("SELECT value FROM meta WHERE key = '\(MetaKey.databaseID)'")
        }
    }

    /// The log goes aside before its file, so that it can never be taken for that of the restored one.
    private func replace() throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else {
            try moveAside("-wal")
            try name(partial, path)
            return nil
        }
        takeLogIn()
        let claim = try FileClaim(path)
        return try withExtendedLifetime(claim) {
            try moveAside("-wal")
            try name(path, aside)
            unlink(path + "-shm")
            try name(partial, path)
            return aside
        }
    }

    /// Closing the last connection takes the log into the file. A file that is too damaged for it keeps its log beside.
    private func takeLogIn() {
        guard let connection = try? Connection(path: path, purpose: .writing, busyTriesMax: 0, counters: CounterBoard())
        else { return }
        try? connection.use { _ = try $0.cell("SELECT count(*) FROM sqlite_schema", as: Int64.self) }
        connection.close()
    }

    private func moveAside(_ suffix: String) throws {
        guard FileManager.default.fileExists(atPath: path + suffix) else { return }
        try name(path + suffix, aside + suffix)
    }

    private func name(_ old: String, _ new: String) throws {
        guard rename(old, new) == 0 else {
            throw DatabaseError(.ioError, "\(old) could not be named \(new): \(String(cString: strerror(errno)))")
        }
    }

    private func removePartial() { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) } }

    private func flush(_ place: String) throws {
        let descriptor = Foundation.open(place, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DatabaseError(.ioError, "\(place) cannot be opened to be flushed") }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DatabaseError(.ioError, "\(place) cannot be flushed to the disk") }
    }
}
