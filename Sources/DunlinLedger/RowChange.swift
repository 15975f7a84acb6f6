/// What storing one row of the owner's did.
public enum RowChange: String, Hashable, Sendable {
    case added, changed
    /// The row was there, equal in every column: nothing was written and no trigger fired.
    case unchanged
}

/// How many rows of a table were added, changed and found unchanged.
public struct RowCounts: Hashable, Sendable {
    public var added: Int
    public var changed: Int
    public var unchanged: Int

    public init(added: Int = 0, changed: Int = 0, unchanged: Int = 0) {
        self.added = added
        self.changed = changed
        self.unchanged = unchanged
    }

    public mutating func count(_ change: RowChange) {
        switch change {
        case .added: added += 1
        case .changed: changed += 1
        case .unchanged: unchanged += 1
        }
    }
}
