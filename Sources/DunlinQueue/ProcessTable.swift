import Foundation

/// The process table of this machine, as Linux shows it under `/proc` (proc_pid_stat(5)).
public struct ProcessTable: Sendable {
    private let root: String
    private let machineIDPath: String
    private let exists: @Sendable (Int32) -> Bool

    /// - Parameters:
    ///   - root: where the process table is mounted.
    ///   - exists: whether a process id is in use; by default the kernel is asked, because a table may hide the
    ///     processes of other users.
    public init(
        root: String = "/proc", machineIDPath: String = "/etc/machine-id",
        exists: (@Sendable (Int32) -> Bool)? = nil
    ) {
        self.root = root
        self.machineIDPath = machineIDPath
        self.exists = exists ?? { kill($0, 0) == 0 || errno != ESRCH }
    }

    /// The identity of the process with this id; of this very process when nil.
    public func identity(of pid: Int32? = nil) -> ProcessIdentity {
        let pid = pid ?? getpid()
        return ProcessIdentity(
            host: line(machineIDPath), bootID: line(root + "/sys/kernel/random/boot_id"),
            namespace: namespace, pid: pid, startTicks: stat(of: pid)?.startTicks ?? 0)
    }

    /// True only when the process has certainly ended: on this machine before its last boot, or in this boot and
    /// namespace when its id is free, belongs to a later process, or only waits to be collected by its parent.
    public func isDead(_ other: ProcessIdentity) -> Bool {
        let here = identity()
        guard !here.host.isEmpty, !here.bootID.isEmpty, other.host == here.host else { return false }
        guard other.bootID == here.bootID else { return true }
        guard other.namespace == here.namespace else { return false }
        guard let stat = stat(of: other.pid) else { return !exists(other.pid) }
        return stat.startTicks != other.startTicks || stat.hasEnded
    }

    private var namespace: String {
        var buffer = [CChar](repeating: 0, count: 128)
        let count = readlink(root + "/self/ns/pid", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
    }

    private func stat(of pid: Int32) -> (startTicks: UInt64, hasEnded: Bool)? {
        // The name in parentheses may hold blanks and parentheses itself; the fields that count come after the last.
        let text = line("\(root)/\(pid)/stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let startTicks = UInt64(fields[19]) else { return nil }
        return (startTicks, ["Z", "X"].contains(fields[0]))
    }

    private func line(_ path: String) -> String {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
