/// What becomes of a debt that nobody paid in time, and of its subscription.
public struct FinalAction: Hashable, Sendable {
    public enum OfSubscription: String, Hashable, Sendable, CaseIterable {
        /// It ends, for good.
        case cancelSubscription = "cancel_subscription"
        /// No further period is billed until the debt is paid; then it goes on.
        case markUnpaid = "mark_unpaid"
        /// Paused until somebody resumes it, or the debt is paid.
        case pause
        /// It is billed on, past due.
        case leaveOpen = "leave_open"
    }

    public enum OfInvoice: String, Hashable, Sendable, CaseIterable {
        /// Written off: nothing is charged for it again.
        case uncollectible
        /// It stays on the dunning list, and the customer may still pay it.
        case open
    }

    public var subscription: OfSubscription
    public var invoice: OfInvoice

    public init(subscription: OfSubscription = .leaveOpen, invoice: OfInvoice = .uncollectible) {
        self.subscription = subscription
        self.invoice = invoice
    }
}
