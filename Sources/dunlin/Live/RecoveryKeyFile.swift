import DunlinCore
import Foundation

/// The key of the recovery links where the settings name none: a file beside the data file, readable by its owner only,
/// made when it is first needed. Not in the data file, so that a copy of that opens nobody's debt.
struct RecoveryKeyFile: Sendable {
    let path: String

    init(databasePath: String) { path = databasePath + ".recovery-key" }

    /// The key in the file; nil when there is no file.
    ///
    /// - Throws: a `CommandFailure` for a file that holds no key, or that others can read.
    func read() throws -> Secret? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 != 0 {
            throw CommandFailure(.badInput, "\(path) holds a key and can be read by others: chmod 600 \(path)")
        }
        let text = FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let text, text.utf8.count >= RecoveryKey.charactersMin else {
            throw CommandFailure(
                .badInput,
                "\(path) holds no key: bring it back from a backup, or delete it, and links that were sent end")
        }
        return Secret(text)
    }

    /// The key in the file, which is made if there is none. Of two processes that make it at once one wins.
    ///
    /// - Throws: a `CommandFailure`.
    func readOrMake() throws -> Secret {
        if let key = try read() { return key }
        let temporary = "\(path).\(Chance.databaseID())"
        defer { unlink(temporary) }
        try write(Chance.databaseID() + Chance.databaseID() + "\n", to: temporary)
        // A link never takes the place of a file that is there, and shows the key whole or not at all.
        if link(temporary, path) != 0, errno != EEXIST { throw failure("make \(path)") }
        guard let key = try read() else { throw failure("read \(path)") }
        return key
    }

    private func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("make \(path)") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Foundation.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw failure("write \(path)")
        }
    }

    private func failure(_ what: String) -> CommandFailure {
        let reason = String(cString: strerror(errno))
        return CommandFailure(
            .badInput, "cannot \(what): \(reason); \(Settings.recoveryKeyVariable)_FILE may name a file elsewhere")
    }
}
