public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// What one customer owes for one period.
public struct Invoice: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, ColumnValue {
        case open, closing, paid, uncollectible, void
    }

    /// Why an open invoice is open.
    public enum Wait: String, Hashable, Sendable, ColumnValue {
        case scheduled, retrying, processing, unknown
        case needsCustomer = "needs_customer"
        case needsMethod = "needs_method"
        case onHold = "on_hold"
    }

    /// The hold reason of an invoice whose subscription is paused: nobody has to look at it.
    public static let pausedHold = "the subscription is paused"

    public var id: Int64
    public var subscriptionID: String
    public var customerID: String
    /// Local dates, start included, end excluded.
    public var periodStart: String
    public var periodEnd: String
    public var dueAt: Instant
    public var invoicedAt: Instant
    public var gateway: String
    public var amountMinor: Int64
    public var currencyCode: String
    public var state: State
    public var waitsFor: Wait?
    public var holdReason: String?
    public var closingTo: State?
    public var asksFirst: Bool
    /// When the gateway last said that it does not know of the debt.
    public var askedAt: Instant?
    public var nextAttemptAt: Instant?
    public var firstFailedAt: Instant?
    public var plan: String
    /// The policy that it was given at its first failed try; nil before.
    public var dunningPolicy: String?
    /// When the policy's final action is due, while the invoice waits for the customer.
    public var finalActionAt: Instant?
    /// A person had the next try made although a network's budget is used up.
    public var overridesNetworkLimit: Bool

    /// nil only if the row was written with a currency that ISO 4217 does not have, which the planner never does.
    public var amount: Money? {
        Currency(currencyCode).map { Money(minorUnits: amountMinor, currency: $0) }
    }

    init(_ row: Row) throws {
        id = try row.get("id")
        subscriptionID = try row.get("subscription_id")
        customerID = try row.get("customer_id")
        periodStart = try row.get("period_start")
        periodEnd = try row.get("period_end")
        dueAt = try row.get("due_at")
        invoicedAt = try row.get("invoiced_at")
        gateway = try row.get("gateway")
        amountMinor = try row.get("amount_minor")
        currencyCode = try row.get("currency")
        state = try row.get("state")
        waitsFor = try row.get("waits_for")
        holdReason = try row.get("hold_reason")
        closingTo = try row.get("closing_to")
        asksFirst = try row.get("ask_first")
        askedAt = try row.get("asked_at")
        nextAttemptAt = try row.get("next_attempt_at")
        firstFailedAt = try row.get("first_failed_at")
        plan = try row.get("plan")
        dunningPolicy = try row.get("dunning_policy")
        finalActionAt = try row.get("final_action_at")
        overridesNetworkLimit = try row.get("overrides_network_limit")
    }
}

/// An invoice to be opened.
public struct NewInvoice: Sendable {
    public var subscription: Subscription
    public var gateway: String
    public var periodStart: String
    public var periodEnd: String
    public var dueAt: Instant
    public var amount: InvoiceAmount
    public var asksFirst: Bool
    /// The period was missed, and is billed by the catch-up policy.
    public var isMissed: Bool

    public init(
        subscription: Subscription, gateway: String, periodStart: String, periodEnd: String, dueAt: Instant,
        amount: InvoiceAmount, asksFirst: Bool, isMissed: Bool = false
    ) {
        self.subscription = subscription
        self.gateway = gateway
        self.periodStart = periodStart
        self.periodEnd = periodEnd
        self.dueAt = dueAt
        self.amount = amount
        self.asksFirst = asksFirst
        self.isMissed = isMissed
    }
}
