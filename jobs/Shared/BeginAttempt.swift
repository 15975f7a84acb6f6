import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Decides in one transaction whether a debt may be charged now, and if so writes the attempt (money.md 19): everything
/// is read again here, and an attempt is written only if nothing forbids it.
struct BeginAttempt {
    /// What comes next.
    enum Start: Sendable {
        /// Nothing is sent; the reason is stored and the job has ended.
        case finished
        /// The open intent must be read before it is confirmed again.
        case look(Intent)
        /// The gateway must be asked whether an intent of this number exists already.
        case lookUp(Invoice, number: Int)
        /// With the customer in session: this intent has to be canceled before there can be another.
        case replace(Intent)
        /// With the customer in session: the network lets this card be tried again then.
        case mustRest(until: Instant)
        case send(FrozenRequest)
    }

    /// What was asked of the gateway in this run.
    struct Asked: Sendable {
        /// The open intent as it was just read.
        var look: IntentSnapshot?
        /// The intent number that was looked up and not found.
        var missingNumber: Int?
    }

    /// An attempt in session ends after this time at the latest (money.md 23).
    static let sessionSecondsMax: Int64 = 3600

    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    let now: Instant
    /// The customer is there and asked for it: what waits for the customer, or for its time, is tried now, and the
    /// attempt is written as one in session.
    var isInSession = false

    func begin(_ invoiceID: Int64, asked: Asked, _ tx: Transaction) throws -> Start {
        guard try JobQueue.holds(claimed.lease, tx) else {
            throw QueueError(.leaseLost, jobID: claimed.job.id)
        }
        let invoice = try Invoices.get(invoiceID, tx)
        let attempts = try Attempts.of(invoiceID, tx)
        if let blocked = try block(invoice, attempts, tx) { return blocked }
        // Stopped, or bound to another key than this process holds.
        guard let state = try GatewayStates.find(gateway.name, tx), !state.isStopped,
            state.keyHash == gateway.driver.keyHash
        else { return try snooze(seconds: 60, tx) }
        guard let subscription = try Subscriptions.find(invoice.subscriptionID, tx),
            let customer = try Customers.find(invoice.customerID, tx)
        else { return try hold(invoice, "the subscription or its customer was deleted", tx) }
        if subscription.customerID != invoice.customerID {
            return try hold(invoice, "the subscription belongs to another customer now", tx)
        }
        if let ended = try obeyWish(subscription, invoice, tx) { return ended }
        if let dispute = try Disputes.open(ofCustomer: invoice.customerID, tx) {
            return try rest(invoice, because: DisputeHold.reason(dispute), tx)
        }
        let intents = try Intents.of(invoiceID, tx)
        if customer.gateway != invoice.gateway { return try move(invoice, to: customer, intents, tx) }
        let choice = try choose(for: subscription, invoice, after: attempts, tx)
        guard let method = choice.method else { return try askMethod(invoice, choice.reason, tx) }
        if let shortage = try shortage(method, invoice, tx) {
            return isInSession ? .mustRest(until: shortage.until) : try postpone(invoice, shortage, tx)
        }
        let facts = Facts(
            invoice: invoice, customer: customer, method: method, passedOver: choice.passedOver, state: state,
            intents: intents,
            attempts: attempts)
        return try chooseIntent(facts, asked: asked, tx)
    }

    private struct Facts {
        let invoice: Invoice
        let customer: Customer
        let method: PaymentMethod
        let passedOver: [MethodChoice.PassedOver]
        let state: GatewayState
        let intents: [Intent]
        let attempts: [Attempt]
    }

    // MARK: - What forbids an attempt

    /// The debt has ended, waits for somebody, is in flight, or its time has not come.
    private func block(_ invoice: Invoice, _ attempts: [Attempt], _ tx: Transaction) throws -> Start? {
        guard invoice.state == .open else { return try finish(tx) }
        if let inFlight = attempts.first(where: { $0.state.isInFlight }) {
            try FollowUps.settle(
                attemptID: inFlight.id, gateway: inFlight.gateway, of: invoice, at: now, now: now, tx)
            return try finish(tx)
        }
        switch invoice.waitsFor {
        case .onHold: return try finish(tx)
        case .needsCustomer, .needsMethod:
            guard isInSession else { return try finish(tx) }
        case .scheduled, .retrying, .processing, .unknown, nil: break
        }
        if invoice.asksFirst {
            try FollowUps.askAboutLateDebts(gateway: invoice.gateway, now: now, tx)
            return try finish(tx)
        }
        if !isInSession, let at = invoice.nextAttemptAt, at > now {
            try JobQueue.snooze(claimed.lease, at: at, tx)
            return .finished
        }
        return nil
    }

    private func obeyWish(_ subscription: Subscription, _ invoice: Invoice, _ tx: Transaction) throws -> Start? {
        switch subscription.status.under(try BillingStates.find(subscription.id, tx)?.hold) {
        case .active: return nil
        case .canceled:
            try JobQueue.finish(claimed.lease, now: now, tx)
            try EndingDebts.end(invoice, as: .void, reason: "the subscription was canceled", now: now, tx)
            return .finished
        case .paused:
            return try rest(invoice, because: Invoice.pausedHold, tx)
        }
    }

    private func choose(
        for subscription: Subscription, _ invoice: Invoice, after attempts: [Attempt], _ tx: Transaction
    ) throws -> MethodChoice.Choice {
        // The card that the customer saved for this debt.
        if let card = try RecoveryCards.saved(ofInvoice: invoice.id, tx), card.customerID == invoice.customerID,
            try MethodChoice.isOpen(card, gateway: invoice.gateway, tx)
        {
            return MethodChoice.Choice(method: card)
        }
        return try MethodChoice.choose(
            for: subscription, gateway: invoice.gateway, on: subscription.localDate(of: now), after: attempts, tx)
    }

    private func askMethod(_ invoice: Invoice, _ reason: String, _ tx: Transaction) throws -> Start {
        try Dunning(billing: billing, now: now).askMethod(for: invoice, reason, tx)
        return try finish(tx)
    }

    /// The budget of a network that has no room for a try now: over all subscriptions (money.md 35). Attempts on the card
    /// that are in flight may still be declined, so they are waited for. A person may override it for one try.
    private func shortage(_ method: PaymentMethod, _ invoice: Invoice, _ tx: Transaction) throws -> BudgetUse.Shortage?
    {
        if invoice.overridesNetworkLimit { return nil }
        return try BudgetUse(of: method, gateway: gateway.name, budgets: billing.rules.cardBudgets)
            .shortage(for: invoice, at: now, tx)
    }

    // MARK: - One debt, one open intent (money.md 5)

    private func chooseIntent(_ facts: Facts, asked: Asked, _ tx: Transaction) throws -> Start {
        guard let amount = facts.invoice.amount else {
            return try hold(facts.invoice, "the invoice is in an unknown currency", tx)
        }
        if case .failure(let error) = gateway.driver.currencies.units(of: amount) {
            return try hold(facts.invoice, "the gateway cannot charge \(amount): \(error.problem)", tx)
        }
        // Also where an intent is stored: it may be one of several that another timeline made.
        if facts.attempts.isEmpty, isLate(facts.invoice) { return try askFirst(facts.invoice, tx) }
        guard let open = facts.intents.first(where: { !$0.isCanceled }) else {
            let number = (facts.intents.map(\.number).max() ?? 0) + 1
            if asked.missingNumber != number, number > 1 || mustLookUp(facts.invoice) {
                return .lookUp(facts.invoice, number: number)
            }
            return try write(facts, intent: newIntent(facts, amount, number, tx), baseline: nil, amount, tx)
        }
        if open.account != facts.state.account, open.gateway == gateway.name {
            return try hold(facts.invoice, "its intent is in account \(open.account), the key is of another", tx)
        }
        if mustReplace(open, facts, amount) {
            if isInSession { return .replace(open) }
            try FollowUps.cancel(open, of: facts.invoice, now: now, tx)
            return try snooze(seconds: 60, tx)
        }
        guard open.gatewayID != nil else {
            // As far as this file knows it was never created; another timeline had time enough to.
            if asked.missingNumber != open.number, open.createdAt < lateBefore {
                return .lookUp(facts.invoice, number: open.number)
            }
            return try write(facts, intent: open, baseline: nil, amount, tx)
        }
        guard let look = asked.look, look.id == open.gatewayID else { return .look(open) }
        return try write(facts, intent: open, baseline: look.latestCharge ?? open.latestCharge, amount, tx)
    }

    /// Nothing was ever sent for this debt as far as this file knows, but there was time enough for another timeline of
    /// it to have done so: a restored backup, or a long queue (money.md 9).
    private func isLate(_ invoice: Invoice) -> Bool {
        invoice.dueAt < lateBefore && invoice.askedAt.map { $0 < lateBefore } ?? true
    }

    /// Another timeline of this file may have sent the same create a moment ago. Where keys are honoured it is replayed;
    /// elsewhere the gateway is asked, unless it was a moment ago.
    private func mustLookUp(_ invoice: Invoice) -> Bool {
        let wasAsked = invoice.askedAt.map { $0 >= lateBefore } ?? false
        return !gateway.driver.capabilities.honoursIdempotencyKeys && !wasAsked
    }

    private var lateBefore: Instant { now.adding(seconds: -billing.rules.lateAfterSeconds) }

    /// What would have been tried goes, the customer's in session or the schedule's; who asks has it tried (P2).
    private func askFirst(_ invoice: Invoice, _ tx: Transaction) throws -> Start {
        for id in try Invoices.askFirst(invoice, lateBefore: lateBefore, tx) {
            try FollowUps.chargeIsOver(id, reason: "the gateway is asked about the debt first", now: now, tx)
        }
        _ = try finish(tx)
        try FollowUps.askAboutLateDebts(gateway: invoice.gateway, now: now, tx)
        return .finished
    }

    private func mustReplace(_ intent: Intent, _ facts: Facts, _ amount: Money) -> Bool {
        let isOther =
            intent.gateway != gateway.name || intent.mode != gateway.driver.mode
            || intent.gatewayCustomerID != facts.customer.gatewayCustomerID
            || intent.amountMinor != amount.minorUnits || intent.currencyCode != amount.currency.code
        let wasDeclined = facts.attempts.contains { $0.intentID == intent.id && $0.state != .neverHappened }
        return isOther || (gateway.retryMode == .newIntent && wasDeclined)
    }

    private func newIntent(_ facts: Facts, _ amount: Money, _ number: Int, _ tx: Transaction) throws -> Intent {
        let id = try Intents.insert(
            NewIntent(
                invoiceID: facts.invoice.id, number: number, gateway: gateway.name, account: facts.state.account,
                mode: gateway.driver.mode, gatewayCustomerID: facts.customer.gatewayCustomerID, amount: amount,
                reference: facts.invoice.reference(intentNumber: number, databaseID: billing.databaseID).text),
            now: now, tx)
        return try Intents.get(id, tx)
    }

    private func write(
        _ facts: Facts, intent: Intent, baseline: String?, _ amount: Money, _ tx: Transaction
    ) throws -> Start {
        if let problem = try overCeiling(amount, tx) {
            try GatewayStates.stop(gateway.name, reason: problem, by: Activity.dunlin, now: now, tx)
            return try snooze(seconds: 60, tx)
        }
        let sending = sendingMode(facts)
        let request = IntentRequest(
            amount: amount, customerID: facts.customer.gatewayCustomerID,
            paymentMethodID: facts.method.gatewayPaymentMethodID,
            metadata: facts.invoice.metadata(reference: intent.reference, databaseID: billing.databaseID),
            description: gateway.description, statementSuffix: gateway.statementSuffix)
        let id = try Attempts.insert(
            NewAttempt(
                invoiceID: facts.invoice.id, intentID: intent.id, number: (facts.attempts.last?.number ?? 0) + 1,
                sending: sending, isOnSession: isInSession, gateway: gateway.name, account: facts.state.account,
                gatewayCustomerID: facts.customer.gatewayCustomerID, method: facts.method, amount: amount,
                description: gateway.description, statementSuffix: gateway.statementSuffix,
                bodyHash: gateway.driver.bodyHash(of: request, sending: sending), baselineCharge: baseline,
                sendBy: claimed.lease.until, gatewayDate: facts.state.gatewayDate), now: now, tx)
        if !facts.passedOver.isEmpty {
            let why = facts.passedOver.map(\.text).joined(separator: "; ")
            try Activity.add(
                "method_passed_over", subscriptionID: facts.invoice.subscriptionID, invoiceID: facts.invoice.id,
                attemptNumber: (facts.attempts.last?.number ?? 0) + 1, reason: "\(why); taken: \(facts.method.id)",
                now: now, tx)
        }
        if isInSession {
            let endsAt = now.adding(seconds: Self.sessionSecondsMax)
            try SessionAttempts.insert(id, of: facts.invoice, endsAt: endsAt, tx)
        }
        // Whatever happens to this run, somebody asks what became of the attempt (P2).
        try FollowUps.settle(
            attemptID: id, gateway: gateway.name, of: facts.invoice, at: claimed.lease.until, now: now, tx)
        if facts.invoice.overridesNetworkLimit { try noteOverride(facts.invoice, tx) }
        billing.tally.noteWritten(id)
        return .send(
            try FrozenRequest(
                invoice: facts.invoice, intent: intent, attempt: try Attempts.get(id, tx),
                databaseID: billing.databaseID))
    }

    private func noteOverride(_ invoice: Invoice, _ tx: Transaction) throws {
        try Invoices.endOverride(invoice.id, tx)
        try Activity.add(
            "network_limit_overridden", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, now: now, tx)
    }

    /// What turned out never to have happened goes on in two phases (money.md 1).
    private func sendingMode(_ facts: Facts) -> SendingMode {
        let hasVanished = facts.attempts.contains { $0.sending == .oneCall && $0.state == .neverHappened }
        let isNew = facts.intents.isEmpty && facts.attempts.isEmpty
        let mayCall = gateway.sending == .oneCall && gateway.driver.capabilities.honoursIdempotencyKeys
        return mayCall && isNew && !hasVanished && !isInSession ? .oneCall : .twoPhase
    }

    private func overCeiling(_ amount: Money, _ tx: Transaction) throws -> String? {
        guard let ceiling = billing.rules.ceilings[amount.currency], let since = billing.tally.startedAt else {
            return nil
        }
        let sent = try Attempts.sentMinor(currency: amount.currency.code, since: since, tx)
        guard sent + amount.minorUnits > ceiling else { return nil }
        let text = Money(minorUnits: ceiling, currency: amount.currency)
        return "this run would send more than its ceiling of \(text)"
    }

    // MARK: - Ends

    private func move(
        _ invoice: Invoice, to customer: Customer, _ intents: [Intent], _ tx: Transaction
    ) throws -> Start {
        if let open = intents.first(where: { !$0.isCanceled }) {
            try FollowUps.cancel(open, of: invoice, now: now, tx)
            return try snooze(seconds: 60, tx)
        }
        guard billing.gateways[customer.gateway] != nil else {
            return try hold(invoice, "the settings have no gateway \(customer.gateway)", tx)
        }
        try Invoices.move(invoice.id, toGateway: customer.gateway, tx)
        _ = try finish(tx)
        try FollowUps.charge(try Invoices.get(invoice.id, tx), at: now, now: now, tx)
        return .finished
    }

    private func hold(_ invoice: Invoice, _ reason: String, _ tx: Transaction) throws -> Start {
        try Activity.add(
            "held", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason, now: now, tx)
        return try rest(invoice, because: reason, tx)
    }

    /// With the customer in session the schedule's own try may still wait: it goes too.
    private func rest(_ invoice: Invoice, because reason: String, _ tx: Transaction) throws -> Start {
        try InvoiceRest.onHold(invoice.id, reason: reason, now: now, tx)
        return try finish(tx)
    }

    private func postpone(
        _ invoice: Invoice, _ shortage: BudgetUse.Shortage, _ tx: Transaction
    ) throws -> Start {
        let day = Zone.utc.local(of: shortage.until).date
        try Invoices.wait(
            invoice.id, for: invoice.waitsFor ?? .scheduled, holdReason: invoice.holdReason,
            note: shortage.waitsForOthers ? nil : shortage.budget.usedUp(freeOn: day), nextAttemptAt: shortage.until, tx
        )
        try JobQueue.snooze(claimed.lease, at: shortage.until, tx)
        return .finished
    }

    private func finish(_ tx: Transaction) throws -> Start {
        try JobQueue.finish(claimed.lease, now: now, tx)
        return .finished
    }

    private func snooze(seconds: Int64, _ tx: Transaction) throws -> Start {
        try JobQueue.snooze(claimed.lease, at: now.adding(seconds: seconds), tx)
        return .finished
    }
}
