/// One moment that a cron line names.
public struct Tick: Hashable, Sendable {
    /// The wall time that the line names.
    public let nominal: LocalDateTime
    /// When that is.
    public let instant: Instant
    /// What the change of clocks did to it, if anything.
    public let rule: LocalRule?
    /// Whether the wall shows this time for the second time.
    public let isRepeat: Bool

    /// The tick's name within its line, the same whoever computes it and with whatever zone data: the nominal time,
    /// with `#2` behind it the second time the wall shows it.
    public var key: String { isRepeat ? "\(nominal)#2" : nominal.description }
}

/// What a line does about an hour that its zone leaves out.
public enum GapPolicy: String, Hashable, Sendable, CaseIterable {
    /// A tick in it does not fire.
    case skip
    /// A tick in it fires later by the length of the gap, unless the line fires then anyway.
    case shift
}

/// What a line does about an hour that its zone shows twice.
public enum OverlapPolicy: String, Hashable, Sendable, CaseIterable {
    /// A tick in it fires the first time.
    case first
    /// A tick in it fires both times.
    case both
}
