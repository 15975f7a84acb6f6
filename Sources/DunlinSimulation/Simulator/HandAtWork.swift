import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinQueue

/// An operator who decides something by hand, in a process of its own that may be killed like any other: rehearsed as the
/// command does it, then carried out.
struct HandAtWork: Sendable {
    static let actor = "ada@office"
    /// Rows of a decision about many.
    private static let rowsMax: Int64 = 12

    let world: World

    private enum Decision: String, CaseIterable {
        case retry, void
        case markPaid = "mark-paid"
        case markUncollectible = "mark-uncollectible"
        case hold, release, refund, note
        case pause, resume, cancel, unpark
        case retryJob = "retry-job"
        case discardJob = "discard-job"
    }

    /// About this debt, its subscription or its job; sometimes about many at once.
    func decide(_ invoiceID: Int64) async {
        guard world.now >= world.downUntil, let decision = world.chance.pick(await candidates(invoiceID), "hands")
        else { return }
        let process = world.newProcess("hand-\(world.chance.bits("hands") % 1_000_000_000)")
        do {
            let database = try Installation(world: world, process: process).openDatabase()
            defer { database.close() }
            try await carryOut(decision, invoiceID, process, database)
        } catch {
            world.note("by hand: \(decision.rawValue) came to nothing: \(error)")
            world.count("\(decision.rawValue) came to nothing")
        }
        world.forget(process)
        await world.holds.read(world)
    }

    /// Mostly what a person would do with a debt that stands so; now and then anything.
    private func candidates(_ invoiceID: Int64) async -> [Decision] {
        guard world.chance.happens(800_000, "hands") else { return Decision.allCases }
        let stand = try? await world.office().read { tx in
            try tx.row(
                """
                SELECT i.state AS state, i.waits_for AS waits_for, b.hold AS hold FROM invoices i
                LEFT JOIN billing_state b ON b.subscription_id = i.subscription_id WHERE i.id = ?1
                """, invoiceID
            ) { row in
                (
                    state: try row.get("state", as: String.self), waitsFor: try row.get("waits_for", as: String?.self),
                    hold: try row.get("hold", as: String?.self)
                )
            }
        }
        guard let stand else { return Decision.allCases }
        let ofSubscription: [Decision] = stand.hold == nil ? [.pause, .cancel] : [.resume, .resume]
        switch (stand.state, stand.waitsFor) {
        case ("open", "on_hold"): return [.release, .release, .void, .markPaid, .note] + ofSubscription
        case ("open", _):
            return [.retry, .retry, .void, .markPaid, .markUncollectible, .hold, .hold, .retryJob, .discardJob]
                + ofSubscription
        case ("paid", _): return [.refund, .note] + ofSubscription
        default: return [.markPaid, .note] + ofSubscription
        }
    }

    private func carryOut(
        _ decision: Decision, _ invoiceID: Int64, _ process: SimulatedProcess, _ database: Database
    ) async throws {
        let invoice: (@Sendable (InvoiceVerb) async throws -> Void) = { [self] verb in
            try await carryOut(verb, decision, [invoiceID] + more(.invoices), process, database)
        }
        switch decision {
        case .retry: try await invoice(.retry)
        case .void: try await invoice(.void)
        case .markPaid: try await invoice(.markPaid)
        case .markUncollectible: try await invoice(.markUncollectible)
        case .hold: try await invoice(.hold)
        case .release: try await invoice(.release)
        case .refund: try await invoice(.refund)
        case .note: try await invoice(.note)
        case .pause:
            let shifts = world.chance.pick([nil, true, false], "hands") ?? nil
            try await subscription(.pause(shifts: shifts), decision, invoiceID, process, database)
        case .resume: try await subscription(.resume, decision, invoiceID, process, database)
        case .cancel: try await subscription(.cancel, decision, invoiceID, process, database)
        case .unpark:
            let currencies = try Installation(world: world, process: process).billing(database, isElsewhere: false)
                .gateways.mapValues(\.driver.currencies)
            let judge = PlanningJudge(currencies: { currencies[$0] })
            try await subscription(.unpark(judge), decision, invoiceID, process, database)
        case .retryJob: try await job(.retry, decision, invoiceID, process, database)
        case .discardJob: try await job(.discard, decision, invoiceID, process, database)
        }
    }

    private func subscription(
        _ verb: SubscriptionVerb, _ decision: Decision, _ invoiceID: Int64, _ process: SimulatedProcess,
        _ database: Database
    ) async throws {
        let id = try await world.office().read { tx in try Invoices.get(invoiceID, tx).subscriptionID }
        try await carryOut(verb, decision, [id] + more(.subscriptions), process, database)
    }

    private func job(
        _ verb: JobVerb, _ decision: Decision, _ invoiceID: Int64, _ process: SimulatedProcess, _ database: Database
    ) async throws {
        let id = try await world.office().read { tx in
            try tx.value(
                "SELECT id FROM jobs WHERE unique_key = 'charge-invoice/' || ?1 ORDER BY id DESC LIMIT 1", invoiceID,
                as: Int64.self)
        }
        guard let id else { return }
        try await carryOut(verb, decision, [id], process, database)
    }

    /// Named rows are decided all together or not at all; of many those that are refused are left out.
    private func carryOut<Verb: HandVerb>(
        _ verb: Verb, _ decision: Decision, _ ids: [Verb.ID], _ process: SimulatedProcess, _ database: Database
    ) async throws {
        let order = HandOrder(reason: "simulated", actor: Self.actor, now: process.wallNow)
        let batch = HandBatch(verb, on: ids, order, in: database)
        if ids.count > 1 { _ = try await batch.rehearse() }
        do {
            let outcome = ids.count > 1 ? try await batch.carryOutWhereAllowed() : try await batch.carryOut()
            note(decision, outcome.done.map(\.id), refused: outcome.refused.count)
        } catch let refusal as HandRefusal {
            world.note("by hand: \(decision.rawValue) \(refusal)")
            note(decision, [], refused: 1)
        }
    }

    private func note(_ decision: Decision, _ done: [String], refused: Int) {
        world.note("by hand: \(decision.rawValue) \(done.joined(separator: " ")), \(refused) refused")
        for _ in done { world.count(decision.rawValue) }
        for _ in 0..<refused { world.count("\(decision.rawValue) refused") }
    }

    // MARK: - Many

    private enum Table: String {
        case invoices, subscriptions
    }

    /// Now and then a decision is about many rows.
    private func more<ID: ColumnValue & Hashable>(_ table: Table) async throws -> [ID] {
        guard world.chance.happens(150_000, "hands") else { return [] }
        let all = try await world.office().read { tx in
            try tx.rows("SELECT id FROM \(table.rawValue) ORDER BY id DESC LIMIT 200") { try $0.get("id", as: ID.self) }
        }
        let count = world.chance.number(1...Self.rowsMax, "hands")
        return (0..<count).compactMap { _ in world.chance.pick(all, "hands") }
    }
}
