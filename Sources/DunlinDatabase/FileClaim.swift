import Foundation

/// Keeps every other process out of a data file while it is replaced: SQLite's own lock bytes, held for writing.
///
/// A connection in write-ahead mode holds a read lock on them for as long as it is open (sqlite.org/lockingv3.html,
/// sqlite.org/wal.html), so that the claim fails while any process has the file open, and whoever opens it meanwhile
/// waits.
final class FileClaim {
    /// Where SQLite's lock bytes begin, and how many there are: pending, reserved and the shared range.
    private static let lockStart: off_t = 0x4000_0000
    private static let lockLength: off_t = 512

    private let descriptor: Int32

    /// - Throws: `DatabaseError` with `busy`, naming the process, while another one has the file open.
    init(_ path: String) throws {
        let opened = Foundation.open(path, O_RDWR | O_CLOEXEC)
        guard opened >= 0 else { throw Self.unopened(path) }
        var lock = Self.lock()
        if fcntl(opened, F_SETLK, &lock) != 0 {
            let holder = Self.holder(opened) ?? "another process"
            Foundation.close(opened)
            throw DatabaseError(.busy, "\(holder) has \(path) open: stop it first")
        }
        descriptor = opened
    }

    deinit { Foundation.close(descriptor) }

    /// Only looks: for a file that may not be written.
    ///
    /// - Throws: as `init`.
    static func requireFree(_ path: String) throws {
        let opened = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw unopened(path) }
        defer { Foundation.close(opened) }
        guard let holder = holder(opened) else { return }
        throw DatabaseError(.busy, "\(holder) has \(path) open: copy it with dunlin backup")
    }

    private static func unopened(_ path: String) -> DatabaseError {
        DatabaseError(.cannotOpen, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }

    /// Who holds the lock; nil when nobody does.
    private static func holder(_ descriptor: Int32) -> String? {
        var lock = lock()
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return lock.l_pid > 0 ? "process \(lock.l_pid)" : "another process"
    }

    private static func lock() -> flock {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = lockStart
        lock.l_len = lockLength
        return lock
    }
}
