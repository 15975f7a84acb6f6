public import DunlinCalendar
public import DunlinCore
import DunlinDatabase

/// One payment as the ledger has it, with everything that is compared with the gateway.
public struct LedgerPayment: Hashable, Sendable {
    /// The row of `intents`.
    public var id: Int64
    public var gatewayID: String?
    public var reference: String
    public var number: Int
    public var amount: Money?
    public var status: String
    public var gatewayCustomerID: String
    public var customerID: String
    public var invoiceID: Int64
    public var subscriptionID: String
    public var periodStart: String
    /// What has gone back or is on its way back, as far as the gateway has it.
    public var refundedMinor: Int64
    /// A refund of ours of which nobody knows yet whether the gateway has it.
    public var hasRefundOnTheWire: Bool
    /// A dispute of it is on record, however it ended.
    public var isDisputed: Bool
    /// Until when the last request of an attempt in flight could leave; nil when none is in flight.
    public var inFlightUntil: Instant?
    /// The attempt in flight.
    public var attemptInFlight: Int64?
    public var changedAt: Instant
    /// Another intent of the same invoice that collected and has not gone back whole.
    public var otherSuccess: String?

    public var hasSucceeded: Bool { status == IntentStatus.succeeded.text }

    init(_ row: Row) throws {
        id = try row.get("id")
        gatewayID = try row.get("gateway_id")
        reference = try row.get("reference")
        number = try row.get("number")
        amount = try row.amount()
        status = try row.get("status")
        gatewayCustomerID = try row.get("gateway_customer_id")
        customerID = try row.get("customer_id")
        invoiceID = try row.get("invoice_id")
        subscriptionID = try row.get("subscription_id")
        periodStart = try row.get("period_start")
        refundedMinor = try row.get("refunded_minor")
        hasRefundOnTheWire = try row.get("refunds_on_the_wire", as: Int64.self) > 0
        isDisputed = try row.get("disputes", as: Int64.self) > 0
        inFlightUntil = try row.get("in_flight_until")
        attemptInFlight = try row.get("attempt_in_flight")
        let changes: [Instant?] = try [
            "created_at", "observed_at", "attempt_changed_at", "refund_changed_at", "dispute_changed_at", "paid_at",
            "closed_at",
        ].map { try row.get($0) }
        changedAt = changes.compactMap { $0 }.max() ?? Instant(milliseconds: 0)
        otherSuccess = try row.get("other_success")
    }
}

/// One refund or dispute as the ledger has it: money of a payment that goes back.
public struct LedgerMoneyBack: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case refund, dispute
    }

    public var gatewayID: String
    public var amount: Money?
    /// The ledger's word.
    public var status: String
    public var intentID: String?
    public var invoiceID: Int64
    public var subscriptionID: String
    public var changedAt: Instant
    /// What a page that ends with this one is gone on after.
    public var cursor: String

    init(_ row: Row) throws {
        gatewayID = try row.get("gateway_id")
        amount = try row.amount()
        status = try row.get("status")
        intentID = try row.get("intent_gateway_id")
        invoiceID = try row.get("invoice_id")
        subscriptionID = try row.get("subscription_id")
        let changes: [Instant?] = try ["changed_at", "observed_at", "ended_at"].map { try row.get($0) }
        changedAt = changes.compactMap { $0 }.max() ?? Instant(milliseconds: 0)
        cursor = try row.get("page_cursor")
    }
}

extension Row {
    /// nil for a currency that is not known.
    fileprivate func amount() throws -> Money? {
        let minor: Int64 = try get("amount_minor")
        return Currency(try get("currency", as: String.self)).map { Money(minorUnits: minor, currency: $0) }
    }
}
