/// What a notice says. The names are part of what receivers rely on (docs/notices.md).
public enum NoticeKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// A try failed, and another one follows by itself.
    case paymentFailed = "payment_failed"
    /// Only the customer can go on: confirm at the bank, or give another card.
    case actionNeeded = "action_needed"
    /// The card of a subscription expires soon.
    case methodExpiring = "method_expiring"
    /// The end is near: the next try is the last one, or the customer's time is nearly over.
    case lastNotice = "last_notice"
    /// A debt of which the customer had heard is paid.
    case recovered
    /// The debt was given up: nothing more is tried.
    case canceled
    case invoicePaid = "invoice_paid"
    case subscriptionStateChanged = "subscription_state_changed"

    /// Whom it is for.
    public enum Audience: String, Hashable, Sendable, Codable {
        case customer
        /// The owner's own application: facts, not mail.
        case application
    }

    public var audience: Audience {
        switch self {
        case .invoicePaid, .subscriptionStateChanged: .application
        case .paymentFailed, .actionNeeded, .methodExpiring, .lastNotice, .recovered, .canceled: .customer
        }
    }

    /// How urgently it asks the customer for money; nil for what asks for none.
    public var urgency: Int? {
        switch self {
        case .paymentFailed: 1
        case .actionNeeded: 2
        case .lastNotice: 3
        case .methodExpiring, .recovered, .canceled, .invoicePaid, .subscriptionStateChanged: nil
        }
    }

    /// The kinds that ask at least as urgently as this one; empty for one that asks for nothing.
    public var asUrgent: [NoticeKind] {
        guard let urgency else { return [] }
        return Self.allCases.filter { ($0.urgency ?? 0) >= urgency }
    }
}
