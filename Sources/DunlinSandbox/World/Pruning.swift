extension World {
    /// Forgets what is too old to matter: answers by key, events, and by option finished objects.
    func prune() {
        idempotency.prune(now: now)
        events.prune(before: now - options.eventHorizonMilliseconds)
        if let horizon = options.horizonMilliseconds { prune(before: now - horizon) }
    }

    /// Forgets the finished objects that were made before an instant.
    func prune(before instant: Int64) {
        for intent in paymentIntents.prune(before: instant, where: { Self.isFinished($0.status) }) {
            references.remove(intent)
            intent.customer?.paymentIntents.removeAll { $0 === intent }
        }
        for charge in charges.prune(before: instant, where: { Self.isFinished($0.paymentIntent.status) }) {
            charge.customer?.charges.removeAll { $0 === charge }
            // Breaks the cycle between an intent and its charges.
            charge.paymentIntent.charges.removeAll { $0 === charge }
            charge.refunds = []
        }
        refunds.prune(before: instant) { $0.status != "pending" }
        for intent in setupIntents.prune(before: instant, where: { Self.isFinished($0.status) }) {
            intent.customer?.setupIntents.removeAll { $0 === intent }
        }
        setupAttempts.prune(before: instant) { Self.isFinished($0.setupIntent.status) }
        checkoutSessions.prune(before: instant) { $0.status != "open" }
        balanceTransactions.prune(before: instant) { $0.availableOn <= self.now }
        payouts.prune(before: instant) { $0.status == "paid" }
        paymentMethods.prune(before: instant) { $0.customer == nil }
    }

    private static func isFinished(_ status: IntentStatus) -> Bool { status == .succeeded || status == .canceled }
}
