/// Which process on which machine holds a lease.
///
/// A process id alone says little: it is given out again after an exit, after a reboot, and in every container. So
/// the boot, the process's start and the namespace its id counts in belong to it.
public struct ProcessIdentity: Sendable, Hashable {
    /// The machine's id; empty when it has none, and then nobody is ever judged dead.
    public let host: String
    public let bootID: String
    public let namespace: String
    public let pid: Int32
    /// When the process started, in clock ticks since the boot.
    public let startTicks: UInt64

    public init(host: String, bootID: String, namespace: String = "", pid: Int32, startTicks: UInt64) {
        self.host = host
        self.bootID = bootID
        self.namespace = namespace
        self.pid = pid
        self.startTicks = startTicks
    }

    /// The form in which a job's row names its holder.
    public var text: String { [host, bootID, namespace, String(pid), String(startTicks)].joined(separator: "|") }

    /// Reads that form; nil when it is something else.
    public init?(text: String) {
        let fields = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, let pid = Int32(fields[3]), let startTicks = UInt64(fields[4]) else { return nil }
        self.init(host: fields[0], bootID: fields[1], namespace: fields[2], pid: pid, startTicks: startTicks)
    }
}
