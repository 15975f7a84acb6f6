public import DunlinCalendar
public import DunlinCore

/// One unpaid period on the dunning list.
public struct DunningRow: Hashable, Sendable {
    public var asOf: LocalDate
    public var customer: Customer
    public var entity: String?
    public var subscriptionID: String
    public var plan: String
    public var invoiceID: Int64
    public var invoiceNumber: String?
    public var periodStart: LocalDate
    public var periodEnd: LocalDate
    public var dueDate: LocalDate
    public var amounts: Amounts
    public var status: DunningStatus
    public var attempts: Attempts
    public var finalAction: FinalStep?
    public var reasonText: String
    public var nextActionOn: LocalDate?
    public var method: Method
    public var gateway: String
    public var gatewayPaymentID: String?
    public var gatewayChargeID: String?
    public var lastNoticeOn: LocalDate?
    public var noticesSent: Int64
    public var recoveryLink: String?
    public var note: String?
    public var monthlyAtRisk: Money?
    public var lifetimePaid: Money

    public struct Customer: Hashable, Sendable {
        public var id: String
        public var name: String?
        public var email: String?
        public var country: String?
    }

    /// All of one currency.
    public struct Amounts: Hashable, Sendable {
        public var original: Money
        /// Collected, less what was refunded.
        public var paid: Money
        public var disputed: Money
        /// Original less paid.
        public var outstanding: Money
    }

    public struct Attempts: Hashable, Sendable {
        public var count: Int64
        /// Attempts that the issuer declined, or for which the bank wanted the customer.
        public var declines: Int64
        /// After so many declines the debt is given up.
        public var triesMax: Int
        public var firstFailedAt: Instant?
        public var lastAt: Instant?
        public var lastDeclineCode: String?
        public var declineClass: String?
    }

    /// How the debt ends, and when, if nobody pays before.
    public struct FinalStep: Hashable, Sendable {
        public var action: FinalAction
        public var on: LocalDate
    }

    public struct Method: Hashable, Sendable {
        /// Such as `visa •4242`.
        public var text: String?
        /// `yyyy-MM`.
        public var expires: String?
        public var hasBackup: Bool
    }

    /// Whole local days; 0 on the due date.
    public var daysPastDue: Int { max(0, asOf.days(since: dueDate)) }
    public var bucket: AgingBucket { AgingBucket(daysPastDue: daysPastDue) }
}
