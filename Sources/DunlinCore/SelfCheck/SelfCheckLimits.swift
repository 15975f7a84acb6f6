/// From when on the self-check calls something wrong.
public struct SelfCheckLimits: Hashable, Sendable {
    /// A period that is due and not planned, or a job that is due and not claimed.
    public var dueSeconds: Int64
    /// A job that runs on after its lease has ended: nobody took it back.
    public var leaseSeconds: Int64
    /// An attempt or a refund of which nobody knows what became.
    public var unknownSeconds: Int64
    /// A webhook that was taken in and not applied.
    public var eventSeconds: Int64
    /// How far this machine's clock may be from a gateway's. Far below the five minutes at which nothing is charged.
    public var clockSkewSeconds: Int64

    public init(
        dueSeconds: Int64 = 600, leaseSeconds: Int64 = 120, unknownSeconds: Int64 = 3600, eventSeconds: Int64 = 600,
        clockSkewSeconds: Int64 = 60
    ) {
        self.dueSeconds = dueSeconds
        self.leaseSeconds = leaseSeconds
        self.unknownSeconds = unknownSeconds
        self.eventSeconds = eventSeconds
        self.clockSkewSeconds = clockSkewSeconds
    }
}
