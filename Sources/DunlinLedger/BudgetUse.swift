public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// What a card has left of the networks' budgets: counted over all subscriptions that are charged to it.
public struct BudgetUse: Sendable {
    /// A budget that leaves no room for a try now.
    public struct Shortage: Hashable, Sendable {
        public var budget: CardBudget
        /// When it leaves room again.
        public var until: Instant
        /// What is full is not only what was declined: attempts in flight may yet be.
        public var waitsForOthers: Bool
    }

    /// A try that waits for what becomes of other tries on the same card waits this long at a time.
    public static let waitForOthersSeconds: Int64 = 30

    let gateway: String
    let method: PaymentMethod
    let budgets: [CardBudget]

    public init(of method: PaymentMethod, gateway: String, budgets: [CardBudget]) {
        self.gateway = gateway
        self.method = method
        self.budgets = budgets
    }

    /// The budget that keeps a try waiting longest; nil when all have room.
    ///
    /// - Parameter invoice: what is tried; without one, budgets that count per amount are left out.
    public func shortage(for invoice: Invoice?, at now: Instant, _ tx: Transaction) throws -> Shortage? {
        let inFlight = try Attempts.inFlight(gateway: gateway, cardKey: method.cardKey, tx)
        return try budgets.compactMap { budget in
            guard budget.covers(brand: method.brand), !budget.isPerAmount || invoice != nil else { return nil }
            if let free = try freeAt(budget, room: budget.most, invoice, now, tx) {
                return Shortage(budget: budget, until: free, waitsForOthers: false)
            }
            guard inFlight > 0, try mayFill(budget, inFlight, invoice, now, tx) else { return nil }
            return Shortage(
                budget: budget, until: now.adding(seconds: Self.waitForOthersSeconds), waitsForOthers: true)
        }.max { $0.until < $1.until }
    }

    /// What is in flight may use the budget up. That alone never does where only tries after a decline count.
    private func mayFill(
        _ budget: CardBudget, _ inFlight: Int, _ invoice: Invoice?, _ now: Instant, _ tx: Transaction
    ) throws -> Bool {
        let room = budget.most - inFlight
        if room <= 0, budget.counts == .declines { return true }
        return try freeAt(budget, room: max(1, room), invoice, now, tx) != nil
    }

    private func freeAt(
        _ budget: CardBudget, room: Int, _ invoice: Invoice?, _ now: Instant, _ tx: Transaction
    ) throws -> Instant? {
        let last = try Attempts.counted(
            number: room, by: budget, gateway: gateway, cardKey: method.cardKey,
            sameAmountAs: budget.isPerAmount ? invoice : nil, now: now, tx)
        return budget.freeAt(lastOfBudget: last, now: now)
    }
}
