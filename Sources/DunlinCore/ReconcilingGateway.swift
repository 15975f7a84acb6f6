public import DunlinCalendar

/// A charge as a gateway showed it at one moment: one movement of money, tried or done.
public struct ChargeSnapshot: Hashable, Sendable {
    public var id: String
    /// `succeeded`, `pending` or `failed`.
    public var status: String
    public var isCaptured: Bool
    /// In ISO minor units; nil when the gateway sent no readable amount.
    public var amount: Money?
    /// What went back of it, in minor units of `amount`.
    public var refundedMinor: Int64
    public var isDisputed: Bool
    public var intentID: String?
    public var customerID: String?
    /// nil where the gateway does not say.
    public var isLive: Bool?
    public var metadata: IntentMetadata
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, status: String, isCaptured: Bool = true, amount: Money? = nil, refundedMinor: Int64 = 0,
        isDisputed: Bool = false, intentID: String? = nil, customerID: String? = nil, isLive: Bool? = nil,
        metadata: IntentMetadata = IntentMetadata(), createdAt: Instant? = nil
    ) {
        self.id = id
        self.status = status
        self.isCaptured = isCaptured
        self.amount = amount
        self.refundedMinor = refundedMinor
        self.isDisputed = isDisputed
        self.intentID = intentID
        self.customerID = customerID
        self.isLive = isLive
        self.metadata = metadata
        self.createdAt = createdAt
    }

    /// Money is ours because of it.
    public var movedMoney: Bool { status == "succeeded" && isCaptured }
}

/// A change of the account's balance: what a charge brought in after the processor's fee, what a refund took.
public struct BalanceTransactionSnapshot: Hashable, Sendable {
    public var id: String
    /// `charge`, `refund`, `adjustment`, `payout`, …
    public var type: String
    /// The charge, refund, dispute or payout that it is about.
    public var sourceID: String?
    /// In ISO minor units of the currency that is paid out, which may be another one than the customer's.
    public var gross: Money
    public var feeMinor: Int64
    public var netMinor: Int64
    /// From when on it can be paid out.
    public var availableOn: Instant?
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, type: String, sourceID: String?, gross: Money, feeMinor: Int64, netMinor: Int64,
        availableOn: Instant? = nil, createdAt: Instant? = nil
    ) {
        self.id = id
        self.type = type
        self.sourceID = sourceID
        self.gross = gross
        self.feeMinor = feeMinor
        self.netMinor = netMinor
        self.availableOn = availableOn
        self.createdAt = createdAt
    }
}

/// Money sent to the account's bank.
public struct PayoutSnapshot: Hashable, Sendable {
    public var id: String
    /// `pending`, `in_transit`, `paid`, `failed`, `canceled`.
    public var status: String
    public var amount: Money
    /// False where a person chose the amount: then nobody can say which charges are in it.
    public var isAutomatic: Bool
    public var arrivesOn: Instant?
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, status: String, amount: Money, isAutomatic: Bool, arrivesOn: Instant? = nil,
        createdAt: Instant? = nil
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.isAutomatic = isAutomatic
        self.arrivesOn = arrivesOn
        self.createdAt = createdAt
    }
}

/// Which part of a list: created within bounds of the gateway's clock, both included, after a cursor.
public struct MoneyQuery: Hashable, Sendable {
    public var createdFrom: Instant?
    public var createdThrough: Instant?
    /// The id of the last item of the page before.
    public var cursor: String?

    public init(createdFrom: Instant? = nil, createdThrough: Instant? = nil, cursor: String? = nil) {
        self.createdFrom = createdFrom
        self.createdThrough = createdThrough
        self.cursor = cursor
    }
}

/// Reading everything that moved money, page by page: what reconciliation compares the ledger with (money.md 33).
///
/// Each call is one page of up to a hundred, newest first; refused with `not_supported` where there is no such list.
public protocol ReconcilingGateway: Sendable {
    func intentsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<IntentSnapshot>>
    func chargesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<ChargeSnapshot>>
    /// Every charge of one intent.
    func charges(ofIntent intentID: String) async -> GatewayReply<[ChargeSnapshot]>
    func refundsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<RefundSnapshot>>
    func disputesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<DisputeSnapshot>>
    func payoutsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<PayoutSnapshot>>
    /// - Parameter payoutID: only what is in this payout; the bounds are left out then.
    func balanceTransactionsPage(
        _ query: MoneyQuery, payoutID: String?
    ) async -> GatewayReply<ListPage<BalanceTransactionSnapshot>>
}
