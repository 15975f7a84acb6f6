/// How much of a file of garbage is looked at before it is given up.
public struct ImportLimits: Hashable, Sendable {
    /// Reading stops at so many problems.
    public var problemsMax = 1000
    /// So many problems, conflicts and notes are named; the others are counted.
    public var listedMax = 100
    /// The longest row, in bytes.
    public var rowBytesMax = 65_536
    /// So many changed rows are shown with what changed in them.
    public var changesMax = 100

    public init() {}
}
