import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Asks a gateway about debts that were invoiced late, before anything is created for them (money.md 9): after
/// downtime, a late import or a restored backup they may have been collected already.
///
/// Where the gateway lists by creation, one listing serves a whole batch; where it finds only by reference, each debt
/// is asked for by its intent numbers until a miss; where it can do neither, the debts wait for a person.
struct AskAboutLateDebts {
    static let kind = "ask-about-late-debts"
    static let batch = 5_000
    static let batchByReference = 50

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let gateway = try billing.gateway(claimed.job.queue)
        switch gateway.driver.capabilities.listing {
        case .byCreation: try await byListing(gateway, claimed)
        case .byReference: try await byReference(gateway, claimed)
        case .none: try await holdAll(gateway, claimed)
        }
    }

    // MARK: - One listing

    private func byListing(_ gateway: BillingGateway, _ claimed: ClaimedJob) async throws {
        let (debts, gatewayDate) = try await load(gateway, limit: Self.batch)
        guard let oldest = debts.map(\.dueAt).min() else { return try await end(claimed, isMore: false, gateway) }
        let bound = min(oldest, gatewayDate ?? oldest).adding(hours: -DebtSearch.marginHours)
        let reply = await gateway.driver.intents(IntentQuery(customerID: nil, createdFrom: bound))
        guard case .value(let found) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "late debts")
        }
        let byDebt = Dictionary(grouping: found) { "\($0.metadata.subscriptionID ?? "")/\($0.metadata.period ?? "")" }
        for start in stride(from: 0, to: debts.count, by: 200) {
            let chunk = Array(debts[start..<min(start + 200, debts.count)])
            let exchanges = start == 0 ? reply.exchanges : []
            try await store(
                chunk.map { ($0.id, byDebt["\($0.subscriptionID)/\($0.periodStart)"] ?? []) }, exchanges, gateway)
        }
        try await end(claimed, isMore: debts.count == Self.batch, gateway)
    }

    // MARK: - By reference

    private func byReference(_ gateway: BillingGateway, _ claimed: ClaimedJob) async throws {
        let (debts, _) = try await load(gateway, limit: Self.batchByReference)
        var failure: GatewayUnavailable?
        for debt in debts {
            do {
                let (found, exchanges) = try await find(debt, gateway)
                try await store([(debt.id, found)], exchanges, gateway)
            } catch let error as GatewayUnavailable {
                // The others go on; this one is asked about again.
                failure = error
            }
        }
        if let failure { throw failure }
        try await end(claimed, isMore: debts.count == Self.batchByReference, gateway)
    }

    private func find(_ debt: Invoice, _ gateway: BillingGateway) async throws -> ([IntentSnapshot], [Exchange]) {
        var found: [IntentSnapshot] = []
        var exchanges: [Exchange] = []
        for number in 1...TakeOver.numbersMax {
            let reference = debt.reference(intentNumber: number, databaseID: billing.databaseID)
            let reply = await gateway.driver.intents(reference: reference.text)
            guard case .value(let page) = reply.result else {
                throw GatewayUnavailable(reply.result, about: "invoice \(debt.id)")
            }
            exchanges += reply.exchanges
            if page.isEmpty { break }
            found += page
        }
        return (found, exchanges)
    }

    // MARK: - Parts

    private func load(_ gateway: BillingGateway, limit: Int) async throws -> ([Invoice], Instant?) {
        let name = gateway.name
        return try await billing.database.read { tx in
            (
                try Invoices.toAskAbout(gateway: name, limit: limit, tx),
                try GatewayStates.find(name, tx)?.gatewayDate
            )
        }
    }

    private func store(
        _ found: [(invoiceID: Int64, intents: [IntentSnapshot])], _ exchanges: [Exchange], _ gateway: BillingGateway
    ) async throws {
        let now = billing.clock.now()
        let strays = try await billing.database.write(step: "debts-asked") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, tx)
            var strays: [String] = []
            for (invoiceID, intents) in found {
                let taken = try TakeOver(billing: billing, gateway: gateway, now: now).take(intents, of: invoiceID, tx)
                strays += taken.strays
                try Invoices.noteAsked(invoiceID, now: now, tx)
                let invoice = try Invoices.get(invoiceID, tx)
                guard taken.mayCharge, invoice.state == .open,
                    invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying
                else { continue }
                // Charges of a backfill may be spread over time.
                try FollowUps.charge(invoice, at: max(now, invoice.nextAttemptAt ?? now), now: now, tx)
            }
            return strays
        }
        await DebtSearch(billing: billing, gateway: gateway).cancel(strays: strays)
    }

    private func holdAll(_ gateway: BillingGateway, _ claimed: ClaimedJob) async throws {
        let (debts, _) = try await load(gateway, limit: Self.batch)
        let now = billing.clock.now()
        try await billing.database.write(step: "debts-held") { tx in
            for debt in debts {
                try InvoiceRest.onHold(
                    debt.id, reason: "invoiced late, and gateway \(gateway.name) cannot say whether it was collected",
                    now: now, tx)
            }
        }
        try await end(claimed, isMore: debts.count == Self.batch, gateway)
    }

    private func end(_ claimed: ClaimedJob, isMore: Bool, _ gateway: BillingGateway) async throws {
        let now = billing.clock.now()
        try await billing.database.write(step: "finish") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.finish(claimed.lease, now: now, tx)
            if isMore { try FollowUps.askAboutLateDebts(gateway: gateway.name, now: now, tx) }
        }
    }
}
