/// What the gateway saw: the judge of whether anything was collected twice.
///
/// Counts stay when objects are forgotten.
public struct SandboxAudit: Hashable, Sendable {
    /// One subscription's period, by the metadata `dunlin_subscription` and `dunlin_period`.
    public struct Period: Hashable, Comparable, Sendable {
        public var subscription: String
        public var period: String

        public init(subscription: String, period: String) {
            self.subscription = subscription
            self.period = period
        }

        public static func < (left: Period, right: Period) -> Bool {
            (left.subscription, left.period) < (right.subscription, right.period)
        }
    }

    /// Money of one currency, in minor units.
    public struct Total: Hashable, Sendable {
        public var successes = 0
        public var collected: Int64 = 0
        public var refunded: Int64 = 0
        public var declines = 0

        mutating func add(collected amount: Int64) {
            successes += 1
            collected += amount
        }
    }

    /// Something collected more than once.
    public struct DoubleCharge: Hashable, Sendable {
        public var period: Period
        /// In the order of collection.
        public var intentIDs: [String]
    }

    /// Successful charges by `dunlin_reference` or `merchant_order_id`.
    public var successesByReference: [String: Int] = [:]
    /// How often the bank said no, or wanted the customer, by the same name.
    public var declinesByReference: [String: Int] = [:]
    public var successesByPeriod: [Period: [String]] = [:]
    /// In the gateway's own units.
    public var collectedByPeriod: [Period: Int64] = [:]
    public var successesByCustomer: [String: Int] = [:]
    public var totalsByCurrency: [String: Total] = [:]
    public var requestsByEndpoint: [String: Int] = [:]
    /// How often each fault struck a request.
    public var faults: [FaultRule.Kind: Int] = [:]
    public var successes = 0
    public var declines = 0
    public var refunds = 0
    /// Charges off session on a card that its network had ruled out before.
    public var retriesAfterFinal = 0
    /// Charges off session above what a network allows in a window.
    public var chargesOverLimit = 0

    /// The keys of periods with more than one success.
    var doubledPeriods: Set<Period> = []

    /// Periods with more than one success.
    public var doubles: [DoubleCharge] {
        doubledPeriods.sorted().map { DoubleCharge(period: $0, intentIDs: successesByPeriod[$0] ?? []) }
    }

    /// References with more than one success.
    public var doubledReferences: [String] {
        successesByReference.filter { $0.value > 1 }.keys.sorted()
    }
}

/// Keeps the audit up to date as money moves.
struct AuditLog {
    private(set) var audit = SandboxAudit()

    mutating func count(endpoint: String) { audit.requestsByEndpoint[endpoint, default: 0] += 1 }
    mutating func count(fault: FaultRule.Kind) { audit.faults[fault, default: 0] += 1 }

    mutating func success(of intent: PaymentIntent, charge: Charge, now: Int64) {
        audit.successes += 1
        audit.totalsByCurrency[charge.currency, default: .init()].add(collected: charge.amountCaptured)
        if let customer = intent.customer { audit.successesByCustomer[customer.id, default: 0] += 1 }
        if let reference = intent.metadata["dunlin_reference"] ?? intent.merchantOrderID {
            audit.successesByReference[reference, default: 0] += 1
        }
        if let subscription = intent.metadata["dunlin_subscription"], let period = intent.metadata["dunlin_period"] {
            let key = SandboxAudit.Period(subscription: subscription, period: period)
            audit.successesByPeriod[key, default: []].append(intent.id)
            audit.collectedByPeriod[key, default: 0] += charge.amountCaptured
            if audit.successesByPeriod[key]?.count ?? 0 > 1 { audit.doubledPeriods.insert(key) }
        }
    }

    mutating func decline(of intent: PaymentIntent, decline: CardDecline) {
        audit.declines += 1
        audit.totalsByCurrency[intent.currency, default: .init()].declines += 1
        if let reference = intent.metadata["dunlin_reference"] ?? intent.merchantOrderID {
            audit.declinesByReference[reference, default: 0] += 1
        }
    }

    mutating func breaches(_ breaches: [NetworkRules.Breach]) {
        for breach in breaches {
            switch breach {
            case .retryAfterFinal: audit.retriesAfterFinal += 1
            case .overLimit: audit.chargesOverLimit += 1
            }
        }
    }

    /// Negative where a refund failed and the money came back.
    mutating func refund(_ amount: Int64, currency: String, of intent: PaymentIntent) {
        audit.refunds += amount > 0 ? 1 : -1
        audit.totalsByCurrency[currency, default: .init()].refunded += amount
    }
}

extension SandboxAudit {
    /// The form of `GET /_sandbox/audit`.
    public var json: JSONValue {
        .object([
            .init("successes", .integer(Int64(successes))),
            .init("declines", .integer(Int64(declines))),
            .init("refunds", .integer(Int64(refunds))),
            .init("retries_after_final", .integer(Int64(retriesAfterFinal))),
            .init("charges_over_limit", .integer(Int64(chargesOverLimit))),
            .init("double_charges", .integer(Int64(doubles.count))),
            .init(
                "doubles",
                .array(
                    doubles.map { double in
                        .object([
                            .init("subscription", .string(double.period.subscription)),
                            .init("period", .string(double.period.period)),
                            .init("payment_intents", .array(double.intentIDs.map { .string($0) })),
                        ])
                    })),
            .init("doubled_references", .array(doubledReferences.map { .string($0) })),
            .init("currencies", .object(totalsByCurrency.sorted { $0.key < $1.key }.map(Self.member))),
            .init("references", Self.counts(successesByReference)),
            .init(
                "periods",
                .array(
                    successesByPeriod.sorted { $0.key < $1.key }.map { key, intents in
                        .object([
                            .init("subscription", .string(key.subscription)),
                            .init("period", .string(key.period)),
                            .init("successes", .integer(Int64(intents.count))),
                            .init("payment_intents", .array(intents.map { .string($0) })),
                        ])
                    })),
            .init("customers", Self.counts(successesByCustomer)),
            .init("requests", Self.counts(requestsByEndpoint)),
            .init("faults", Self.counts(Dictionary(uniqueKeysWithValues: faults.map { ($0.key.rawValue, $0.value) }))),
        ])
    }

    private static func counts(_ counts: [String: Int]) -> JSONValue {
        .object(counts.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .integer(Int64($0.value))) })
    }

    private static func member(_ currency: String, _ total: Total) -> JSONValue.Member {
        JSONValue.Member(
            currency,
            .object([
                .init("successes", .integer(Int64(total.successes))),
                .init("collected", .integer(total.collected)),
                .init("refunded", .integer(total.refunded)),
                .init("declines", .integer(Int64(total.declines))),
            ]))
    }
}
