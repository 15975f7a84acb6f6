/// What a receiver of a notice is given: one JSON object, documented in docs/notices.md. Fields are added, never renamed.
///
/// No code of a decline is in it and no class: only words that are fit for the card's holder, who must not learn from us
/// that a bank suspects something.
public struct NoticeLetter: Hashable, Sendable, Encodable {
    public struct Customer: Hashable, Sendable, Encodable {
        public var id: String
        public var name: String?
        public var email: String?
        public var country: String?
        public var locale: String?
        public var timeZone: String?

        public init(
            id: String, name: String?, email: String?, country: String?, locale: String?, timeZone: String?
        ) {
            self.id = id
            self.name = name
            self.email = email
            self.country = country
            self.locale = locale
            self.timeZone = timeZone
        }
    }

    public struct Subscription: Hashable, Sendable, Encodable {
        public var id: String
        public var plan: String
        /// As billing knows it; nil before it was planned.
        public var state: String?

        public init(id: String, plan: String, state: String?) {
            self.id = id
            self.plan = plan
            self.state = state
        }
    }

    /// A debt.
    public struct Invoice: Hashable, Sendable, Encodable {
        public var id: Int64
        public var number: String?
        public var subscriptionID: String
        public var plan: String
        /// Local dates, the end excluded.
        public var periodStart: String
        public var periodEnd: String
        public var dueAt: String
        /// In major units, with exactly the currency's digits.
        public var amount: String
        public var amountMinor: Int64
        public var currency: String
        public var state: String
        public var nextAttemptAt: String?

        public init(
            id: Int64, number: String?, subscriptionID: String, plan: String, periodStart: String, periodEnd: String,
            dueAt: String, amount: String, amountMinor: Int64, currency: String, state: String, nextAttemptAt: String?
        ) {
            self.id = id
            self.number = number
            self.subscriptionID = subscriptionID
            self.plan = plan
            self.periodStart = periodStart
            self.periodEnd = periodEnd
            self.dueAt = dueAt
            self.amount = amount
            self.amountMinor = amountMinor
            self.currency = currency
            self.state = state
            self.nextAttemptAt = nextAttemptAt
        }
    }

    public struct Method: Hashable, Sendable, Encodable {
        public var type: String
        public var brand: String?
        public var last4: String?
        public var expMonth: Int?
        public var expYear: Int?

        public init(type: String, brand: String?, last4: String?, expMonth: Int?, expYear: Int?) {
            self.type = type
            self.brand = brand
            self.last4 = last4
            self.expMonth = expMonth
            self.expYear = expYear
        }
    }

    public struct Total: Hashable, Sendable, Encodable {
        public var currency: String
        /// In major units.
        public var amount: String
        public var amountMinor: Int64

        public init(currency: String, amount: String, amountMinor: Int64) {
            self.currency = currency
            self.amount = amount
            self.amountMinor = amountMinor
        }
    }

    /// What the customer can do about it.
    public enum Wish: String, Hashable, Sendable, Encodable {
        /// Nothing: it goes on by itself.
        case none
        case confirmPayment = "confirm_payment"
        case giveMethod = "give_method"
    }

    /// The same for every delivery of this notice: act on it once.
    public var id: String
    public var kind: NoticeKind
    public var audience: NoticeKind.Audience
    /// `test` or `live`.
    public var mode: String?
    public var database: String
    public var writtenAt: String
    /// How many tries had failed; the expiry `yyyyMM` for a card.
    public var step: Int
    /// 0, or which reminder of the same this is.
    public var reminder: Int
    public var customer: Customer
    public var subscription: Subscription
    public var invoice: Invoice?
    public var method: Method?
    public var wish: Wish
    /// Why the last try failed, in words for the customer.
    public var reason: String?
    public var nextAttemptAt: String?
    /// Where the customer can pay, where pages are served.
    public var recoveryURL: String?
    /// Every debt of the customer that waits or is tried again, the oldest first.
    public var openInvoices: [Invoice]
    /// Their sum in each currency.
    public var totalDue: [Total]
    public var fromState: String?
    public var toState: String?
    /// Money that came after the debt had ended.
    public var isLate: Bool?

    public init(
        id: String, kind: NoticeKind, mode: String?, database: String, writtenAt: String, step: Int, reminder: Int,
        customer: Customer, subscription: Subscription
    ) {
        self.id = id
        self.kind = kind
        audience = kind.audience
        self.mode = mode
        self.database = database
        self.writtenAt = writtenAt
        self.step = step
        self.reminder = reminder
        self.customer = customer
        self.subscription = subscription
        wish = .none
        openInvoices = []
        totalDue = []
    }
}
