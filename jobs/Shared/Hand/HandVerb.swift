public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// Something that a person decides about rows of one table, one or many.
///
/// What it would do is what it does, taken back: there is no second judgement for `--dry-run`.
public protocol HandVerb: Sendable {
    associatedtype ID: Hashable, Sendable, CustomStringConvertible

    /// What one of the rows is called: `invoice`.
    static var noun: String { get }
    /// By what rows may be chosen.
    static var filterKeys: [RowFilter.Key] { get }
    /// The words that `state` takes there.
    static var filterStates: [String] { get }

    /// Decides about one row in the caller's transaction, and keeps who decided it and why.
    ///
    /// - Parameter at: when what follows is due; `order.now`, unless it is spread over time.
    /// - Throws: `HandRefusal`; the transaction is to be taken back then.
    func carryOut(on id: ID, _ order: HandOrder, at: Instant, _ tx: Transaction) throws -> HandDone

    /// The rows that fit, in the order in which they are decided.
    func select(_ filter: RowFilter, limit: Int, _ tx: Transaction) throws -> [ID]
}

/// A verb for one row or many, with what it comes to.
public struct HandBatch<Verb: HandVerb>: Sendable {
    public struct Outcome: Sendable {
        public var done: [HandDone] = []
        public var refused: [HandRefusal] = []

        /// What is at stake, per currency in the order of their codes.
        public var totals: [(count: Int, amount: Money)] {
            var sums: [Currency: (count: Int, amount: Money)] = [:]
            for amount in done.compactMap(\.amount) {
                let before = sums[amount.currency] ?? (0, Money(minorUnits: 0, currency: amount.currency))
                sums[amount.currency] = (before.count + 1, before.amount.adding(amount) ?? before.amount)
            }
            return sums.values.sorted { $0.amount.currency < $1.amount.currency }
        }
    }

    /// Rows of one transaction.
    static var pageSize: Int { 200 }

    let database: Database
    let verb: Verb
    let ids: [Verb.ID]
    let order: HandOrder
    /// What follows is due this long one after the other; nil for all at once.
    let paceMilliseconds: Int64?

    public init(
        _ verb: Verb, on ids: [Verb.ID], _ order: HandOrder, paceMilliseconds: Int64? = nil, in database: Database
    ) {
        self.verb = verb
        self.ids = ids
        self.order = order
        self.paceMilliseconds = paceMilliseconds
        self.database = database
    }

    /// What carrying out would come to; nothing is stored.
    public func rehearse() async throws -> Outcome {
        try await inPages { page, before in
            try await database.rehearse(step: "rehearse-by-hand") { tx -> Outcome in try decide(page, before, tx) }
        }
    }

    /// Decides about each row that may be; the others are named.
    public func carryOutWhereAllowed() async throws -> Outcome {
        try await inPages { page, before in
            try await database.write(step: "by-hand") { tx in try decide(page, before, tx) }
        }
    }

    /// Decides about all rows in one transaction, or about none.
    ///
    /// - Throws: `HandRefusal` of the first row that is refused.
    public func carryOut() async throws -> Outcome {
        let ids = ids
        return try await database.write(step: "by-hand") { tx in
            let outcome = try decide(ids[...], 0, tx)
            if let refusal = outcome.refused.first { throw refusal }
            return outcome
        }
    }

    private func inPages(
        _ body: (_ page: ArraySlice<Verb.ID>, _ before: Int) async throws -> Outcome
    ) async throws -> Outcome {
        var all = Outcome()
        for start in stride(from: 0, to: ids.count, by: Self.pageSize) {
            let page = ids[start..<min(start + Self.pageSize, ids.count)]
            let outcome = try await body(page, all.done.count)
            all.done += outcome.done
            all.refused += outcome.refused
        }
        return all
    }

    /// - Parameter before: how many rows were decided before these, for the pace.
    private func decide(_ page: ArraySlice<Verb.ID>, _ before: Int, _ tx: Transaction) throws -> Outcome {
        var outcome = Outcome()
        for id in page {
            let place = Int64(before + outcome.done.count)
            let at = order.now.adding(milliseconds: place * (paceMilliseconds ?? 0))
            do {
                outcome.done.append(try tx.part { try verb.carryOut(on: id, order, at: at, tx) })
            } catch let refusal as HandRefusal {
                outcome.refused.append(refusal)
            }
        }
        return outcome
    }
}
