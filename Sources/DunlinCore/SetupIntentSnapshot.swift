public import DunlinCalendar

/// The state of a SetupIntent at the gateway: a closed list in both dossiers (stripe.md 4.1, wooshpay.md 2.3).
public enum SetupIntentStatus: Hashable, Sendable {
    case requiresPaymentMethod, requiresConfirmation, requiresAction, processing, succeeded, canceled
    /// A value that no dossier names: it proves nothing.
    case other(String)

    public init(_ text: String) {
        switch text {
        case "requires_payment_method": self = .requiresPaymentMethod
        case "requires_confirmation": self = .requiresConfirmation
        case "requires_action": self = .requiresAction
        case "processing": self = .processing
        case "succeeded": self = .succeeded
        case "canceled": self = .canceled
        default: self = .other(text)
        }
    }

    /// The gateway's own word.
    public var text: String {
        switch self {
        case .requiresPaymentMethod: "requires_payment_method"
        case .requiresConfirmation: "requires_confirmation"
        case .requiresAction: "requires_action"
        case .processing: "processing"
        case .succeeded: "succeeded"
        case .canceled: "canceled"
        case .other(let text): text
        }
    }

    /// A SetupIntent can be updated, confirmed and canceled until it has ended or is on its way.
    public var isOpen: Bool {
        switch self {
        case .requiresPaymentMethod, .requiresConfirmation, .requiresAction: true
        case .processing, .succeeded, .canceled, .other: false
        }
    }
}

/// How a saved card is meant to be used later. Renewals want `off_session`.
public enum SetupUsage: String, Hashable, Sendable, CaseIterable {
    case onSession = "on_session"
    case offSession = "off_session"
}

/// A SetupIntent as a gateway showed it at one moment.
///
/// Only `succeeded`, read with the secret key, says that a card is saved; a browser that came back says nothing.
public struct SetupIntentSnapshot: Hashable, Sendable {
    public var id: String
    public var status: SetupIntentStatus
    public var customerID: String?
    public var paymentMethodID: String?
    /// nil where the gateway does not echo it (wooshpay.md 2.3).
    public var usage: SetupUsage?
    /// nil where the gateway does not say.
    public var isLive: Bool?
    public var metadata: [String: String]
    public var description: String?
    /// Why the last confirm failed.
    public var lastError: Decline?
    public var nextAction: NextAction?
    public var latestAttemptID: String?
    public var mandateID: String?
    public var cancellationReason: String?
    /// The gateway's clock.
    public var createdAt: Instant?
    /// Lets whoever holds it finish the setup: in memory only, never stored, logged or shown unasked.
    public var clientSecret: Secret?

    public init(
        id: String, status: SetupIntentStatus, customerID: String? = nil, paymentMethodID: String? = nil,
        usage: SetupUsage? = nil, isLive: Bool? = nil, metadata: [String: String] = [:], description: String? = nil,
        lastError: Decline? = nil, nextAction: NextAction? = nil, latestAttemptID: String? = nil,
        mandateID: String? = nil, cancellationReason: String? = nil, createdAt: Instant? = nil,
        clientSecret: Secret? = nil
    ) {
        self.id = id
        self.status = status
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.usage = usage
        self.isLive = isLive
        self.metadata = metadata
        self.description = description
        self.lastError = lastError
        self.nextAction = nextAction
        self.latestAttemptID = latestAttemptID
        self.mandateID = mandateID
        self.cancellationReason = cancellationReason
        self.createdAt = createdAt
        self.clientSecret = clientSecret
    }

    /// The saved card that this SetupIntent proves: nil unless it succeeded with a customer and a method.
    public var savedCard: (customerID: String, paymentMethodID: String)? {
        guard status == .succeeded, let customerID, let paymentMethodID else { return nil }
        return (customerID, paymentMethodID)
    }
}
