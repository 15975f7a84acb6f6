import Synchronization

/// A gateway to develop against: Stripe's and WooshPay's payment APIs over one state, without sockets, wall clock or
/// chance. The same seed and the same requests give the same answers.
///
/// Safe to call from anywhere; requests are handled one at a time.
///
/// Time is given, never read: by `SandboxRequest.receivedAt` or by `advance(to:)`. It only goes forward, and what is
/// due on the way (expiries, disputes, pending refunds) happens in order.
public final class Sandbox: Sendable {
    private let world: Mutex<World>
    /// Secrets of the first webhook endpoint of each dialect.
    public let stripeWebhookSecret: String
    public let wooshpayWebhookSecret: String
    /// As `GET /v1/account` tells it.
    public let accountID: String

    public init(_ options: SandboxOptions = SandboxOptions()) {
        let world = World(options)
        stripeWebhookSecret = world.stripeWebhookSecret
        wooshpayWebhookSecret = world.wooshpayWebhookSecret
        accountID = world.accountID
        self.world = Mutex(world)
    }

    /// The answer to a request; never fails, since every failure is an answer.
    public func handle(_ request: SandboxRequest) -> SandboxResponse {
        if request.method == "POST", request.path == "/_sandbox/reset" { reset() }
        return world.withLock { $0.handle(request) }
    }

    /// Milliseconds since 1970 by the sandbox's clock.
    public var now: Int64 { world.withLock { $0.now } }

    /// Moves the clock forward; an instant in the past changes nothing.
    public func advance(to instant: Int64) { world.withLock { $0.advance(to: instant) } }

    /// Tells under which address hosted pages are reached, once the port is known.
    public func setBaseURL(_ url: String) { world.withLock { $0.baseURL = url } }

    /// Forgets everything but the options and the base URL; ids start anew.
    public func reset() {
        world.withLock { $0 = World($0.options, baseURL: $0.baseURL) }
    }

    /// Looks into the state, for tests of this module.
    func withWorld(_ look: (World) -> Void) { world.withLock { look($0) } }

    // MARK: Webhooks

    /// Advances the clock and takes out the deliveries that are due. Each must be reported by `recordDelivery`.
    ///
    /// - Parameter instant: by the caller's clock, as `SandboxRequest.receivedAt`.
    public func dueDeliveries(at instant: Int64) -> [WebhookDelivery] {
        world.withLock { world in
            world.follow(instant)
            return world.dueDeliveries()
        }
    }

    /// When the next delivery is due by the caller's clock; nil where none waits.
    public var nextDeliveryDue: Int64? {
        world.withLock { world in world.outbox.nextDue.map { $0 - world.lead } }
    }

    /// Reports how a delivery ended; without a 2xx it is retried on the gateway's schedule.
    ///
    /// - Parameter status: of the answer; nil where none came.
    public func recordDelivery(_ id: Int, status: Int?, at instant: Int64) {
        world.withLock { world in
            world.follow(instant)
            world.outbox.finish(id, status: status, now: world.now)
        }
    }

    // MARK: Judging and disturbing

    /// A copy of all counts; `doubleCharges` and `successCount` are cheaper while much is going on.
    public var audit: SandboxAudit { world.withLock { $0.audit.audit } }

    /// What was collected more than once for one subscription and period.
    public var doubleCharges: [SandboxAudit.DoubleCharge] { world.withLock { $0.audit.audit.doubles } }

    /// How many deliveries of events went wrong on purpose.
    public var webhookStrikes: WebhookStrikes { world.withLock { $0.outbox.strikes } }

    /// How often a reference was collected.
    public func successCount(reference: String) -> Int {
        world.withLock { $0.audit.audit.successesByReference[reference] ?? 0 }
    }

    /// Adds a fault after those that are in force.
    public func addFault(_ rule: FaultRule) { world.withLock { $0.faults.add(rule) } }

    public func removeFaults() { world.withLock { $0.faults.removeAll() } }

    /// Sets what a card answers next, a decline code each or nil for success, before its own behavior counts again.
    ///
    /// - Returns: whether there is such a payment method.
    @discardableResult
    public func script(paymentMethodID: String, _ answers: [String?]) -> Bool {
        world.withLock { world in
            guard let method = world.paymentMethods[paymentMethodID] else { return false }
            method.history.script = answers
            return true
        }
    }

    /// Answers the authentication page of an intent, as the card holder would in a browser.
    ///
    /// - Returns: whether the intent was waiting for it.
    @discardableResult
    public func authenticate(intentID: String, _ answer: ChallengeAnswer) -> Bool {
        world.withLock { world in
            let action = world.paymentIntents[intentID]?.nextAction ?? world.setupIntents[intentID]?.nextAction
            guard let token = action?.token else { return false }
            _ = world.answer(challenge: token, answer)
            return true
        }
    }
}
