public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

extension NoticeKind: ColumnValue {}

/// A notice as it was written.
public struct Notice: Hashable, Sendable, Identifiable {
    public enum State: String, Hashable, Sendable, CaseIterable, ColumnValue {
        case ready
        /// Written while there was nobody to send it to.
        case listed
        case sent
        /// Not true any more when it was to be sent, or told by another one.
        case dropped
        /// Sent as often as it may, and never taken.
        case failed
    }

    public var id: Int64
    /// The same for every delivery.
    public var noticeID: String
    public var kind: NoticeKind
    public var customerID: String
    public var subscriptionID: String
    public var invoiceID: Int64?
    public var paymentMethodID: String?
    public var step: Int
    public var reminder: Int
    public var fromState: String?
    public var toState: String?
    public var state: State
    public var reason: String?
    public var sends: Int
    /// A person had it sent again.
    public var isResent: Bool
    public var writtenAt: Instant
    public var dueAt: Instant
    public var sentAt: Instant?

    init(_ row: Row) throws {
        id = try row.get("id")
        noticeID = try row.get("notice_id")
        kind = try row.get("kind")
        customerID = try row.get("customer_id")
        subscriptionID = try row.get("subscription_id")
        invoiceID = try row.get("invoice_id")
        paymentMethodID = try row.get("payment_method_id")
        step = try row.get("step")
        reminder = try row.get("reminder")
        fromState = try row.get("from_state")
        toState = try row.get("to_state")
        state = try row.get("state")
        reason = try row.get("reason")
        sends = try row.get("sends")
        isResent = try row.get("is_resent")
        writtenAt = try row.get("written_at")
        dueAt = try row.get("due_at")
        sentAt = try row.get("sent_at")
    }

    /// For judging whether it is still true.
    public var written: WrittenNotice {
        WrittenNotice(kind: kind, step: step, reminder: reminder, writtenAt: writtenAt, toState: toState)
    }
}

/// A notice to be written.
public struct NewNotice: Sendable {
    public var noticeID: String
    public var kind: NoticeKind
    public var customerID: String
    public var subscriptionID: String
    public var invoiceID: Int64?
    public var paymentMethodID: String?
    public var step: Int
    public var reminder: Int
    public var fromState: String?
    public var toState: String?
    public var dueAt: Instant

    public init(
        noticeID: String, kind: NoticeKind, customerID: String, subscriptionID: String, invoiceID: Int64? = nil,
        paymentMethodID: String? = nil, step: Int = 0, reminder: Int = 0, fromState: String? = nil,
        toState: String? = nil, dueAt: Instant
    ) {
        self.noticeID = noticeID
        self.kind = kind
        self.customerID = customerID
        self.subscriptionID = subscriptionID
        self.invoiceID = invoiceID
        self.paymentMethodID = paymentMethodID
        self.step = step
        self.reminder = reminder
        self.fromState = fromState
        self.toState = toState
        self.dueAt = dueAt
    }
}

extension Invoice {
    /// Where the debt stands.
    public var situation: DebtSituation {
        switch state {
        case .paid: .paid
        case .void: .over
        case .uncollectible: .givenUp
        case .closing: closingTo == .uncollectible ? .givenUp : closingTo == .paid ? .paid : .over
        case .open:
            switch waitsFor {
            case .scheduled, nil: .scheduled
            case .retrying: .retrying
            case .needsCustomer: .needsCustomer
            case .needsMethod: .needsMethod
            case .processing, .unknown: .settling
            case .onHold: .held
            }
        }
    }
}
