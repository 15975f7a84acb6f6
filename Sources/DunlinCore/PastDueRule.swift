/// Whether a subscription gets further invoices while an earlier one failed and is open.
public struct PastDueRule: Hashable, Sendable {
    public enum Policy: String, Hashable, Sendable, CaseIterable {
        /// It does, up to so many open ones.
        case bill
        /// It does not.
        case hold
    }

    /// The reason of the decision about a period that waits for the debt; it is taken up once that is settled.
    public static let reason = "past_due"

    public var policy: Policy
    /// With `bill`: so many open invoices at most.
    public var openInvoicesMax: Int

    public init(policy: Policy = .bill, openInvoicesMax: Int = 2) {
        self.policy = policy
        self.openInvoicesMax = openInvoicesMax
    }

    /// How many more invoices it gets; nil for one that is not past due.
    ///
    /// - Parameters:
    ///   - open: its open invoices.
    ///   - hasFailed: a try of one of them failed.
    public func room(open: Int, hasFailed: Bool) -> Int? {
        guard hasFailed else { return nil }
        return policy == .hold ? 0 : max(0, openInvoicesMax - open)
    }
}
