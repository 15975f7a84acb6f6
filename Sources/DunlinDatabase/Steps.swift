/// The hook before every transaction, where a test or a simulation may cut the run off, or let others go first.
///
/// An error thrown here means that the process died at this point: nothing of the transaction happens, and the caller
/// must not be given the chance to clean up.
public struct Steps: Sendable {
    /// Reaches every step without stopping.
    public static let none = Steps { _ in }

    public let reach: @Sendable (_ step: String) async throws -> Void

    public init(reach: @escaping @Sendable (_ step: String) async throws -> Void) { self.reach = reach }
}
