import Foundation

/// Tells on what kind of file system a path lies.
///
/// SQLite's locks and its shared memory hold between processes of one machine only, and network file systems break
/// both (https://www.sqlite.org/wal.html, https://www.sqlite.org/howtocorrupt.html). So those are refused at open.
public struct FileSystems: Sendable {
    /// The name of the network file system that `path`, an existing file or folder, lies on; nil for a local one.
    public let networkName: @Sendable (_ path: String) -> String?

    public init(networkName: @escaping @Sendable (_ path: String) -> String?) { self.networkName = networkName }

    /// Reads the table of mounts that Linux keeps; elsewhere every file system counts as local.
    public static let live = FileSystems { path in
        guard let table = FileManager.default.contents(atPath: "/proc/self/mountinfo"),
            let resolved = realpath(path, nil)
        else { return nil }
        defer { free(resolved) }
        let type = type(of: String(cString: resolved), mounts: String(decoding: table, as: UTF8.self))
        return type.flatMap { isNetwork($0) ? $0 : nil }
    }

    /// The type of the file system under `path` by a table in the form of proc_pid_mountinfo(5); nil when no line fits.
    static func type(of path: String, mounts: String) -> String? {
        var longest = -1
        var found: String?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let mountPoint = unescaped(fields[4])
            // Of two mounts on one point, the later one covers the earlier.
            if covers(mountPoint, path), mountPoint.utf8.count >= longest {
                longest = mountPoint.utf8.count
                found = String(fields[dash + 1])
            }
        }
        return found
    }

    /// FUSE is among them because one cannot tell sshfs from a local one by its behaviour, and virtiofs because the
    /// shared folders of desktop virtual machines are known to break SQLite's locks. `fuseblk` is a local disk.
    static func isNetwork(_ type: String) -> Bool {
        let names: Set = [
            "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "fuse", "ceph", "afs", "coda", "ncpfs", "lustre",
            "gfs2", "ocfs2", "beegfs", "gpfs", "vboxsf", "vmhgfs", "prl_fs", "orangefs", "pvfs2",
        ]
        return names.contains(type) || type.hasPrefix("fuse.")
    }

    private static func covers(_ mountPoint: String, _ path: String) -> Bool {
        mountPoint == "/" || path == mountPoint || path.hasPrefix(mountPoint + "/")
    }

    /// The table writes blanks and the like as a backslash and three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var text = String(field)
        for (code, character) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
            text = text.replacingOccurrences(of: code, with: character)
        }
        return text
    }
}
