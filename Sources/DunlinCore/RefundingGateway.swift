public import DunlinCalendar

/// The state of a refund at the gateway. WooshPay names only `succeeded`; the others are Stripe's.
public enum RefundStatus: Hashable, Sendable {
    case pending, requiresAction, succeeded, failed, canceled
    /// A value that no dossier names: it proves nothing.
    case other(String)

    public init(_ text: String) {
        switch text {
        case "pending": self = .pending
        case "requires_action": self = .requiresAction
        case "succeeded": self = .succeeded
        case "failed": self = .failed
        case "canceled": self = .canceled
        default: self = .other(text)
        }
    }

    /// The gateway's own word.
    public var text: String {
        switch self {
        case .pending: "pending"
        case .requiresAction: "requires_action"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .canceled: "canceled"
        case .other(let text): text
        }
    }

    /// True when no money goes back because of it any more. A refund that succeeded may still fail later: the bank
    /// sends it back (`refund.failed`).
    public var hasFailed: Bool { self == .failed || self == .canceled }
}

/// Why money goes back: the words that both processors take.
public enum RefundReason: String, Hashable, Sendable, CaseIterable {
    case duplicate, fraudulent
    case requestedByCustomer = "requested_by_customer"
}

/// What a refund is created with. Written into `refunds` before the first send; a resend repeats exactly this.
public struct RefundRequest: Hashable, Sendable {
    public var intentID: String
    /// Always sent, also when it is all of it, so that a repeated request cannot mean another amount.
    public var amount: Money
    public var reason: RefundReason
    /// Sent as metadata, so that a refund can be recognised later.
    public var metadata: IntentMetadata

    public init(
        intentID: String, amount: Money, reason: RefundReason, metadata: IntentMetadata = IntentMetadata()
    ) {
        self.intentID = intentID
        self.amount = amount
        self.reason = reason
        self.metadata = metadata
    }
}

/// A refund as a gateway showed it at one moment.
public struct RefundSnapshot: Hashable, Sendable {
    public var id: String
    public var status: RefundStatus
    /// In ISO minor units; nil when the gateway sent no readable amount.
    public var amount: Money?
    public var intentID: String?
    public var chargeID: String?
    public var reason: String?
    /// Why it failed: `lost_or_stolen_card`, `expired_or_canceled_card`, `unknown`, …
    public var failureReason: String?
    public var metadata: IntentMetadata
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, status: RefundStatus, amount: Money? = nil, intentID: String? = nil, chargeID: String? = nil,
        reason: String? = nil, failureReason: String? = nil, metadata: IntentMetadata = IntentMetadata(),
        createdAt: Instant? = nil
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.intentID = intentID
        self.chargeID = chargeID
        self.reason = reason
        self.failureReason = failureReason
        self.metadata = metadata
        self.createdAt = createdAt
    }
}

/// Giving money back at one configured gateway (money.md 24).
public protocol RefundingGateway: Sendable {
    /// Creates the refund: moves money. Its row must be durable before.
    func refund(
        _ request: RefundRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<RefundSnapshot>
    func refund(_ refundID: String) async -> GatewayReply<RefundSnapshot>
    /// Every refund of the intent, all pages; refused with `not_supported` where the gateway has no such list.
    func refunds(ofIntent intentID: String) async -> GatewayReply<[RefundSnapshot]>
}
