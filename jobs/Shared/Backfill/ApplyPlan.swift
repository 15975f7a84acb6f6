public import DunlinCalendar
public import DunlinCore
import DunlinDatabase
public import DunlinLedger

/// Carries out the plan of a backfill, exactly: a line that no longer gives what the plan says is not applied.
///
/// Lines are applied in batches of one transaction each, with the mark up to which the plan is done; so whoever was
/// interrupted goes on where the last batch ended, and no line is applied twice.
public struct ApplyPlan: Sendable {
    /// A line of the plan that charges or records.
    public struct Line: Hashable, Sendable {
        /// Counted from 1.
        public let number: Int
        public let entry: BackfillEntry

        public init(number: Int, entry: BackfillEntry) {
            self.number = number
            self.entry = entry
        }
    }

    /// What the plan's file says of itself.
    public struct Header: Hashable, Sendable {
        /// SHA-256 of the file.
        public var id: String
        public var order: BackfillOrder
        public var lines: Int
        /// The gateways at which it charges.
        public var gateways: [String]

        public init(id: String, order: BackfillOrder, lines: Int, gateways: [String]) {
            self.id = id
            self.order = order
            self.lines = lines
            self.gateways = gateways
        }
    }

    public struct Options: Sendable {
        /// Leaves out lines that no longer hold, instead of refusing the plan.
        public var skipsChanged = false
        /// Charges are due this long one after the other; nil for all at once.
        public var paceMilliseconds: Int64?
        public var actor: String

        public init(actor: String) { self.actor = actor }
    }

    let billing: Billing
    let header: Header
    let options: Options

    public init(billing: Billing, header: Header, options: Options) {
        self.billing = billing
        self.header = header
        self.options = options
    }

    /// How far the plan was applied before; nil when nobody has begun.
    ///
    /// - Throws: `BackfillError.appliedBefore`.
    public func progress() async throws -> AppliedPlan? {
        let id = header.id
        let found = try await billing.database.read { tx in try AppliedPlans.find(id, tx) }
        if found?.finishedAt != nil { throw BackfillError.appliedBefore }
        return found
    }

    /// Speaks to every gateway of the plan, since nothing may be invoiced where the clocks disagree or the key is
    /// refused (money.md 12, 13).
    ///
    /// - Throws: `BackfillError.gateway`, `.clock`.
    public func contact() async throws {
        guard header.order.policy != .recordOnly else { return }
        for name in header.gateways {
            try await contact(name)
            let state = try await billing.database.read { tx in try GatewayStates.find(name, tx) }
            if let state, state.isStopped {
                throw BackfillError.gateway(name, why: "charging is stopped: \(state.stopReason ?? "")")
            }
        }
    }

    private func contact(_ name: String) async throws {
        guard let gateway = billing.gateways[name] else {
            let why = billing.keyless[name].map { "no key: set \($0)" } ?? "the settings have no such gateway"
            throw BackfillError.gateway(name, why: why)
        }
        switch try await FirstContact(billing: billing, gateway: gateway).make() {
        case .ready: break
        case .clockRefused(let why): throw BackfillError.clock(name, why: why)
        case .keyRefused(let why): throw BackfillError.gateway(name, why: why)
        case .noAnswer(let why): throw BackfillError.gateway(name, why: "no answer: \(why)")
        }
    }

    /// What only is recorded sends nothing, but what no pass has seen is planned for it, and that needs a clock that was
    /// compared (money.md 12).
    private func contactBeforePlanning(_ lines: [Line], now: Instant) async throws {
        guard header.order.policy == .recordOnly else { return }
        let periods = BackfillPeriods(billing: billing, order: header.order, now: now)
        let gateways: Set<String> = try await billing.database.read { tx in
            var gateways: Set<String> = []
            for id in Set(lines.map(\.entry.subscriptionID)) {
                guard let row = try PlanningRows.find(id, tx), let gateway = row.gateway else { continue }
                if periods.needsRecords(row) { gateways.insert(gateway) }
            }
            return gateways
        }
        for name in gateways.sorted() { try await contact(name) }
    }

    /// The lines of a batch that no longer hold. Nothing is stored.
    ///
    /// - Parameter lines: in the order of the plan, and with all lines of each subscription in them.
    public func check(_ lines: [Line], now: Instant) async throws -> [ChangedLine] {
        try await billing.database.rehearse(step: "check-plan") { tx -> [ChangedLine] in
            var changed: [ChangedLine] = []
            for line in lines {
                do {
                    _ = try tx.part { try apply(line.entry, now: now, tx) }
                } catch let difference as Difference {
                    changed.append(ChangedLine(line: line.number, entry: line.entry, reason: difference.reason))
                }
            }
            return changed
        }
    }

    /// Applies the next batch of lines.
    ///
    /// - Returns: the lines that were left out.
    /// - Throws: `BackfillError.changed` when a line no longer holds and none may be left out; then nothing of the batch
    ///   is stored. `BackfillError.otherProcess` when somebody else applies the plan.
    public func apply(_ lines: [Line], now: Instant) async throws -> [ChangedLine] {
        try await contactBeforePlanning(lines, now: now)
        return try await billing.database.write(step: "apply-plan") { tx in
            try AppliedPlans.begin(
                header.id, range: header.order.range, policy: header.order.policy, reason: header.order.reason,
                lines: header.lines, actor: options.actor, now: now, tx)
            guard let plan = try AppliedPlans.find(header.id, tx) else { return [] }
            guard let first = lines.first, let last = lines.last else { return [] }
            guard plan.linesDone == first.number - 1 else { throw BackfillError.otherProcess }
            var changed: [ChangedLine] = []
            var pacedUntil = plan.pacedUntil
            for line in lines {
                do {
                    let outcome = try tx.part { try apply(line.entry, now: now, tx) }
                    try AppliedPlans.add(outcome, line: line.number, of: header.id, tx)
                    if case .invoiced(let id) = outcome { try pace(id, &pacedUntil, now: now, tx) }
                } catch let difference as Difference {
                    changed.append(ChangedLine(line: line.number, entry: line.entry, reason: difference.reason))
                    try AppliedPlans.add(.leftOut(difference.reason), line: line.number, of: header.id, tx)
                }
            }
            if !changed.isEmpty, !options.skipsChanged { throw BackfillError.changed(changed) }
            try AppliedPlans.advance(header.id, to: last.number, pacedUntil: pacedUntil, tx)
            return changed
        }
    }

    /// What the plan has come to; notes that it is done when nothing of it is left to be tried.
    public func finish(now: Instant) async throws -> [AppliedPlans.Total] {
        try await billing.database.write(step: "finish-plan") { tx in
            try AppliedPlans.begin(
                header.id, range: header.order.range, policy: header.order.policy, reason: header.order.reason,
                lines: header.lines, actor: options.actor, now: now, tx)
            let totals = try AppliedPlans.totals(header.id, tx)
            if totals.allSatisfy({ $0.untried == 0 }) { try AppliedPlans.finish(header.id, now: now, tx) }
            return totals
        }
    }

    /// Why a line does not hold.
    private struct Difference: Error {
        let reason: String
    }

    // MARK: - One line

    private func apply(_ entry: BackfillEntry, now: Instant, _ tx: Transaction) throws -> AppliedPlans.Outcome {
        let periods = BackfillPeriods(billing: billing, order: header.order, now: now)
        let row = try row(of: entry, periods, tx)
        guard let candidate = try periods.find(row, tx).candidates.first(where: { $0.start == entry.periodStart })
        else {
            throw Difference(reason: try fate(of: entry, tx))
        }
        guard candidate.end == entry.periodEnd, candidate.periods == entry.periods else {
            throw Difference(reason: "the period ends on \(candidate.end) now")
        }
        do {
            let invoice = try periods.settle(candidate, row, actor: options.actor, tx)
            guard let invoice else { return .recorded }
            guard invoice.amountMinor == entry.amountMinor, invoice.currencyCode == entry.currency else {
                let amount = invoice.amount?.description ?? "unknown"
                throw Difference(
                    reason: "the amount is \(amount) now, planned were \(entry.amount ?? "") \(entry.currency ?? "")")
            }
            return .invoiced(invoice.id)
        } catch let problem as SubscriptionTerms.Problem {
            throw Difference(reason: problem.description)
        } catch let error as DatabaseError where error.isRefusedRow {
            throw Difference(reason: "refused by the database: \(error.message)")
        }
    }

    private func row(of entry: BackfillEntry, _ periods: BackfillPeriods, _ tx: Transaction) throws -> PlanningRow {
        guard let stored = try PlanningRows.find(entry.subscriptionID, tx) else {
            throw Difference(reason: "the subscription is gone")
        }
        let row = try periods.recorded(stored, tx)
        guard row.subscription.customerID == entry.customerID else {
            throw Difference(reason: "the subscription belongs to customer \(row.subscription.customerID) now")
        }
        guard entry.action == .charge else { return row }
        guard let gateway = row.gateway else { throw Difference(reason: "the customer is gone") }
        guard gateway == entry.gateway else { throw Difference(reason: "the customer is at gateway \(gateway) now") }
        if let obstacle = try periods.obstacle(row, tx) { throw Difference(reason: obstacle) }
        return row
    }

    /// What became of a period that does not wait any more.
    private func fate(of entry: BackfillEntry, _ tx: Transaction) throws -> String {
        let (id, day) = (entry.subscriptionID, entry.periodStart)
        if let invoice = try BackfillRows.invoices(of: id, from: day, through: day, tx).first {
            return invoice.state == .paid ? "paid already" : "invoiced already: \(invoice.state.rawValue)"
        }
        if let run = try Decisions.runs(of: id, from: day, through: day, tx).first {
            return run.isOpen ? "the schedule was changed since" : "decided already: \(run.reason)"
        }
        return "the period does not wait for a decision any more"
    }

    /// Spreads charges over time: each is due a step after the one before, whoever makes it.
    private func pace(_ invoiceID: Int64, _ until: inout Instant?, now: Instant, _ tx: Transaction) throws {
        guard let step = options.paceMilliseconds else { return }
        let at = until.map { max(now, $0.adding(milliseconds: step)) } ?? now
        until = at
        try Invoices.wait(invoiceID, for: .scheduled, nextAttemptAt: at, tx)
    }
}
