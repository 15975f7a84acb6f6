/// What became of an attempt (money.md 7). `unknown` is an answer: it blocks until the gateway settles it.
public enum ChargeOutcome: Hashable, Sendable {
    case succeeded
    case declined(Decline)
    /// The bank wants the customer in session.
    case needsCustomer(Decline?)
    /// The gateway will tell later.
    case processing
    /// The money may have moved.
    case unknown(String)
    /// The gateway refused the request itself: somebody must look.
    case refused(Refusal)
    /// Settled: the request never took effect.
    case neverHappened(String)
}

/// Tells whether an intent is the one that an attempt is about (money.md 1, 3): anything else is foreign.
public struct IntentExpectation: Hashable, Sendable {
    public var amount: Money
    public var customerID: String
    public var mode: GatewayMode
    public var metadata: IntentMetadata

    public init(amount: Money, customerID: String, mode: GatewayMode, metadata: IntentMetadata) {
        self.amount = amount
        self.customerID = customerID
        self.mode = mode
        self.metadata = metadata
    }

    /// The first field that differs, or nil when the intent is ours. What the gateway does not tell is not held
    /// against it, but for the amount, without which nothing is confirmed.
    public func difference(from intent: IntentSnapshot) -> String? {
        if intent.amount != amount {
            return "amount \(intent.amount?.description ?? "unreadable") instead of \(amount)"
        }
        if let customer = intent.customerID, customer != customerID { return "customer" }
        if let isLive = intent.isLive, isLive != (mode == .live) { return "mode" }
        let ours = metadata
        let theirs = intent.metadata
        if let reference = theirs.reference, reference != ours.reference { return "dunlin_reference" }
        if let subscription = theirs.subscriptionID, subscription != ours.subscriptionID {
            return "dunlin_subscription"
        }
        if let period = theirs.period, period != ours.period { return "dunlin_period" }
        if let database = theirs.databaseID, database != ours.databaseID { return "dunlin_database" }
        return nil
    }
}

/// What an attempt knows when an answer about its intent is read.
public struct AttemptBaseline: Hashable, Sendable {
    /// The intent's latest charge before the attempt was sent.
    public var charge: String?

    public init(charge: String?) { self.charge = charge }

    /// What a read of the intent proves about the attempt (money.md 6); nil when it proves nothing yet and the same
    /// confirm is to be sent again.
    public func outcome(read intent: IntentSnapshot) -> ChargeOutcome? {
        switch intent.status {
        case .succeeded: return .succeeded
        case .processing: return .processing
        case .requiresAction: return .needsCustomer(intent.lastDecline)
        case .canceled: return .neverHappened("the gateway canceled the intent")
        case .requiresPaymentMethod:
            guard intent.latestCharge != nil, intent.latestCharge != charge else { return nil }
            let decline = intent.lastDecline ?? Decline(chargeID: intent.latestCharge)
            return decline.asksForCustomer ? .needsCustomer(decline) : .declined(decline)
        case .requiresConfirmation: return nil
        case .requiresCapture:
            return .refused(Self.capture)
        // Seen at WooshPay: the intent has failed for good (wooshpay.md U23).
        case .other("failed"):
            let decline = intent.lastDecline ?? Decline(code: "failed")
            return decline.asksForCustomer ? .needsCustomer(decline) : .declined(decline)
        case .other(let status): return .unknown("the gateway says \(status)")
        }
    }

    /// What the answer to a confirm says about the attempt. Only a 2xx or a 402 about the intent decides.
    ///
    /// - Parameters:
    ///   - namesIntent: true when the request named the intent, so that a decline without one is about it.
    ///   - isResumed: true when the same request was sent before: a refusal then says nothing about that one.
    public func outcome(
        confirmed result: GatewayResult<IntentSnapshot>, namesIntent: Bool, isResumed: Bool
    ) -> ChargeOutcome {
        switch result {
        case .value(let intent):
            return outcome(read: intent) ?? .unknown("after the confirm the intent reads \(intent.status.text)")
        case .declined(nil, let decline) where !namesIntent:
            return .unknown("declined (\(decline.reason)) without the intent")
        case .declined(let intent, let decline):
            if let intent, intent.status == .succeeded { return .succeeded }
            return decline.asksForCustomer ? .needsCustomer(decline) : .declined(decline)
        case .refused(let refusal) where refusal.kind == .wrongState || refusal.kind == .idempotency:
            return .unknown(refusal.message)
        case .refused(let refusal) where refusal.kind == .notFound:
            // A 404 on a known id is unknown, never canceled.
            return .unknown(refusal.message)
        case .refused(let refusal) where isResumed && refusal.kind != .key: return .unknown(refusal.message)
        case .refused(let refusal): return .refused(refusal)
        case .throttled: return .unknown("throttled")
        case .notSent(let why): return .unknown("not sent: \(why)")
        case .unknown(let why): return .unknown(why)
        }
    }

    private static let capture = Refusal(
        kind: .request, httpStatus: 200, code: "requires_capture",
        message: "the account holds the money instead of collecting it: capture or cancel the intent at the gateway")
}

extension Decline {
    /// Authentication is what the bank wants (stripe.md 1.3, 3.2), or did not get: a challenge that was not passed is no
    /// decline, since the charge was never put to the bank.
    public var asksForCustomer: Bool {
        code == "authentication_required" || declineCode == "authentication_required"
            || declineCode == "authentication_not_handled" || code == "payment_intent_authentication_failure"
    }
}
