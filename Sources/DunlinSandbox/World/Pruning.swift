extension World {
    /// Forgets what is too old to matter: answers by key, events, and by option finished objects.
    func prune() {
        idempotency.prune(now: now)
        let horizon = options.horizonMilliseconds ?? .max
        events.prune(before: now - min(options.eventHorizonMilliseconds, horizon))
        if horizon < .max { prune(before: now - horizon) }
    }

    /// Forgets the finished objects that were made before an instant.
    func prune(before instant: Int64) {
        // Each customer's lists are gone through once, however many of their intents go.
        var customers: [ObjectIdentifier: Customer] = [:]
        let intents = paymentIntents.prune(before: instant, where: { Self.isFinished($0.status) })
        references.remove(intents)
        for intent in intents {
            if let customer = intent.customer { customers[ObjectIdentifier(customer)] = customer }
        }
        for charge in charges.prune(before: instant, where: { Self.isFinished($0.paymentIntent.status) }) {
            if let customer = charge.customer { customers[ObjectIdentifier(customer)] = customer }
            // Breaks the cycle between an intent and its charges.
            charge.paymentIntent.charges.removeAll { $0 === charge }
            charge.refunds = []
        }
        refunds.prune(before: instant) { $0.status != "pending" }
        for intent in setupIntents.prune(before: instant, where: { Self.isFinished($0.status) }) {
            if let customer = intent.customer { customers[ObjectIdentifier(customer)] = customer }
        }
        for customer in customers.values {
            customer.paymentIntents.removeAll { paymentIntents[$0.id] == nil }
            customer.charges.removeAll { charges[$0.id] == nil }
            customer.setupIntents.removeAll { setupIntents[$0.id] == nil }
        }
        setupAttempts.prune(before: instant) { Self.isFinished($0.setupIntent.status) }
        checkoutSessions.prune(before: instant) { $0.status != "open" }
        balanceTransactions.prune(before: instant) { $0.availableOn <= self.now }
        payouts.prune(before: instant) { $0.status == "paid" }
        paymentMethods.prune(before: instant) { $0.customer == nil }
        disputes.prune(before: instant) { ["won", "lost", "warning_closed"].contains($0.status) }
        outbox.prune(before: instant)
    }

    private static func isFinished(_ status: IntentStatus) -> Bool { status == .succeeded || status == .canceled }
}
