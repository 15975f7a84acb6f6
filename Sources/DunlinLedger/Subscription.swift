public import DunlinCalendar

/// A row of `subscriptions`: what the owner wishes to be charged, and when. Dates are kept as written; the planner
/// reads and judges them.
public struct Subscription: Hashable, Sendable, Identifiable {
    /// The owner's wish. What came of it is in `billing_state`.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case active, paused, canceled
    }

    public var id: String
    public var customerID: String
    /// Nil: the customer's default method.
    public var paymentMethodID: String?
    public var plan: String
    /// The price of one unit, tax included, in minor units of `currency`.
    public var amountMinor: Int64
    public var currency: String
    public var quantity: Int64
    /// `day`, `week`, `month` or `year`.
    public var interval: String
    public var intervalCount: Int
    /// Local date or date-time from which the periods are counted.
    public var anchor: String
    public var timeZone: String
    /// Local; the start of the first paid period, and the new anchor unless `billOn` is set.
    public var trialEnd: String?
    /// Day of the month, 1 to 31.
    public var billOn: Int?
    /// Local; no period starts at or after it.
    public var endsAt: String?
    public var cancelAtPeriodEnd: Bool
    public var status: Status
    /// Where billing starts: nil, `anchor`, `current` or a local date (money.md 16).
    public var billFrom: String?
    /// The subscription whose periods this one carries on.
    public var replaces: String?
    /// Billed beside another of the same customer, plan, amount and interval.
    public var parallel: Bool
    public var entity: String?
    public var invoiceNumber: String?
    /// `shift`: a pause moves what comes after it by its length. Nil or `keep`: the periods inside it are left out.
    public var onResume: String?

    public init(
        id: String, customerID: String, paymentMethodID: String? = nil, plan: String, amountMinor: Int64,
        currency: String, quantity: Int64 = 1, interval: String, intervalCount: Int = 1, anchor: String,
        timeZone: String, trialEnd: String? = nil, billOn: Int? = nil, endsAt: String? = nil,
        cancelAtPeriodEnd: Bool = false, status: Status = .active, billFrom: String? = nil, replaces: String? = nil,
        parallel: Bool = false, entity: String? = nil, invoiceNumber: String? = nil, onResume: String? = nil
    ) {
        self.id = id
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.plan = plan
        self.amountMinor = amountMinor
        self.currency = currency
        self.quantity = quantity
        self.interval = interval
        self.intervalCount = intervalCount
        self.anchor = anchor
        self.timeZone = timeZone
        self.trialEnd = trialEnd
        self.billOn = billOn
        self.endsAt = endsAt
        self.cancelAtPeriodEnd = cancelAtPeriodEnd
        self.status = status
        self.billFrom = billFrom
        self.replaces = replaces
        self.parallel = parallel
        self.entity = entity
        self.invoiceNumber = invoiceNumber
        self.onResume = onResume
    }
}

extension Subscription {
    /// The zone of its local dates. A row of an unknown zone is parked; what it owes already goes by UTC.
    public var zone: Zone { Zone(timeZone) ?? .utc }

    public func localDate(of instant: Instant) -> LocalDate { zone.local(of: instant).date }
}

extension Subscription.Status {
    /// What the owner's wish comes to under a hold of ours: the stricter of the two applies (money.md 18). That nothing
    /// new is billed while a debt is unpaid does not keep what is owed from being collected.
    public func under(_ hold: BillingState.Hold?) -> Self {
        switch (self, hold) {
        case (.canceled, _), (_, .cancel): .canceled
        case (.paused, _), (_, .pause): .paused
        case (.active, .unpaid), (.active, nil): .active
        }
    }
}
