/// One POST to a webhook endpoint, ready to be sent.
public struct WebhookDelivery: Hashable, Sendable {
    /// Names the delivery when its outcome is reported.
    public var id: Int
    public var eventID: String
    public var eventType: String
    public var endpointID: String
    public var dialect: SandboxDialect
    public var url: String
    /// Which try this is, counted from 1.
    public var attempt: Int
    public var headers: [SandboxHeader]
    public var body: [UInt8]
    /// When it was to be sent, in milliseconds since 1970 by the sandbox's clock.
    public var due: Int64
}

/// What goes wrong between the gateway and a webhook endpoint, in parts per million, drawn from the seed.
public struct WebhookFaults: Hashable, Sendable {
    /// Never delivered.
    public var lost: UInt64 = 0
    /// Late by one to six hours.
    public var late: UInt64 = 0
    /// Held back by up to half a minute, so that later ones overtake it.
    public var reordered: UInt64 = 0
    /// Delivered twice.
    public var doubled: UInt64 = 0

    public init() {}

    /// What to expect in the field: 1 % lost, 3 % late, 5 % out of order, 2 % twice.
    public static let usual: WebhookFaults = {
        var faults = WebhookFaults()
        (faults.lost, faults.late, faults.reordered, faults.doubled) = (10_000, 30_000, 50_000, 20_000)
        return faults
    }()

    /// What `set` takes.
    public static let names = ["lost", "late", "reordered", "doubled"]

    /// Sets a share by its name, as the command line takes it.
    ///
    /// - Returns: whether there is such a share.
    public mutating func set(_ name: String, _ share: UInt64) -> Bool {
        switch name {
        case "lost": lost = share
        case "late": late = share
        case "reordered": reordered = share
        case "doubled": doubled = share
        default: return false
        }
        return true
    }
}

/// How many deliveries each of `WebhookFaults` struck.
public struct WebhookStrikes: Hashable, Sendable {
    public var lost = 0
    public var late = 0
    public var reordered = 0
    public var doubled = 0
}

/// When a delivery that got no 2xx is tried again.
enum RetryRule {
    /// Stripe, sandbox: three retries over a few hours (docs.stripe.com/webhooks; the gaps are not documented).
    private static let stripeTest: [Int64] = [600, 3600, 7200]
    /// Stripe, live: up to three days with exponential gaps (the gaps are not documented).
    private static let stripeLive: [Int64] = (0..<9).map { 300 << $0 }
    /// WooshPay, both modes: 18 deliveries in 72 hours (docs.wooshpay.com/doc-2517709; the gaps are not documented).
    private static let wooshpay: [Int64] = (0..<17).map { 2 << $0 }

    /// Milliseconds from the end of try number `attempt` to the next; nil where it was the last.
    static func gap(after attempt: Int, dialect: SandboxDialect, livemode: Bool) -> Int64? {
        let gaps = dialect == .wooshpay ? wooshpay : livemode ? stripeLive : stripeTest
        return gaps.indices.contains(attempt - 1) ? gaps[attempt - 1] * 1000 : nil
    }
}
