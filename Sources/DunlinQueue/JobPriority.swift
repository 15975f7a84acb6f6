public import DunlinDatabase

/// Which ready job goes first: the smaller one.
///
/// What is already on the wire is settled before anything new is sent, and looking things up comes last.
public enum JobPriority: Int, Sendable, CaseIterable, ColumnValue {
    case settle, charge, poll, reconcile
}
