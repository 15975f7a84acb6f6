import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// The ledger's side: payments that no list showed, asked for by id or by reference; and the second look at the end.
extension ReconcilePhases {
    private static let readsPerPage = 20
    private static let searchesPerPage = 10
    /// Differences that are looked at once more in a page.
    private static let checksPerPage = 50

    // MARK: - By id

    func ledgerIntents() async throws -> ReconcilePage {
        let rows = try await payments(limit: Self.readsPerPage)
        var page = ReconcilePage()
        for row in rows {
            guard let id = row.gatewayID, try await !isSeen(id) else { continue }
            try await compare(row, id, &page)
        }
        page.cursor = rows.count == Self.readsPerPage ? rows.last.map { String($0.id) } : nil
        return page
    }

    private func compare(_ row: LedgerPayment, _ id: String, _ page: inout ReconcilePage) async throws {
        let reply = await driver.retrieve(id)
        page.exchanges += reply.exchanges
        page.checked += 1
        guard let intent = try found(reply, "intent \(id)") else { return missing(row, id, &page) }
        guard row.hasSucceeded, intent.status == .succeeded, driver.capabilities.listing == .byCreation else {
            return compare(row, with: intent.side, id, &page)
        }
        // Collected before the window: what became of the money afterwards is told by its charge.
        let charges = await driver.charges(ofIntent: id)
        page.exchanges += charges.exchanges
        let charge = try found(charges, "charges of \(id)")?.first { $0.movedMoney }
        if let charge { page.seen.append(.init(charge.id, intentID: id, invoiceID: row.invoiceID)) }
        compare(row, with: charge?.side ?? intent.side, id, &page)
    }

    private func missing(_ row: LedgerPayment, _ id: String, _ page: inout ReconcilePage) {
        guard !isLeftOut(changedAt: row.changedAt, inFlightUntil: row.inFlightUntil) else {
            page.leftOut += 1
            return
        }
        var found = ReconcileException(
            .ledgerOnly, .intent, id,
            text: "intent \(id) of invoice \(row.invoiceID) is \(row.status) in the ledger, and the gateway does not "
                + "have it")
        found.ledgerValue = row.status
        found.amount = row.amount
        found.gatewayCustomerID = row.gatewayCustomerID
        found.movesMoney = row.hasSucceeded
        found.name(IntentMetadata(), row)
        page.exceptions.append(found)
    }

    private func payments(limit: Int) async throws -> [LedgerPayment] {
        let (since, after) = (run.from.adding(hours: -Self.marginHours), run.cursor.flatMap { Int64($0) } ?? 0)
        return try await billing.database.read { [name] tx in
            try LedgerSide.payments(gateway: name, since: since, afterID: after, limit: limit, tx)
        }
    }

    // MARK: - By reference

    /// Each debt is asked for by its reference, which shows a second intent of the same name too, and by the reference that
    /// its next intent would have: a restored file may have made that one and forgotten it.
    func references() async throws -> ReconcilePage {
        let rows = try await payments(limit: Self.searchesPerPage)
        var page = ReconcilePage()
        for row in rows {
            guard let id = row.gatewayID else { continue }
            try await compareByReference(row, id, &page)
        }
        page.cursor = rows.count == Self.searchesPerPage ? rows.last.map { String($0.id) } : nil
        return page
    }

    private func compareByReference(_ row: LedgerPayment, _ id: String, _ page: inout ReconcilePage) async throws {
        // A second intent of a name has a row name of its own.
        let reference = row.reference.prefix { $0 != "/" }
        let listed = try await search(String(reference), &page)
        if let own = listed.first(where: { $0.id == id }) {
            page.checked += 1
            compare(row, with: own.side, id, &page)
        } else {
            try await compare(row, id, &page)
        }
        try await unknown(listed.filter { $0.id != id }, &page)
        let newest = try await billing.database.read { tx in
            try LedgerSide.newestNumber(invoiceID: row.invoiceID, tx)
        }
        guard row.number == newest else { return }
        let next = DebtReference(
            databaseID: billing.databaseID, subscriptionID: row.subscriptionID, period: row.periodStart,
            intentNumber: row.number + 1)
        try await unknown(try await search(next.text, &page), &page)
    }

    private func search(_ reference: String, _ page: inout ReconcilePage) async throws -> [IntentSnapshot] {
        let reply = await driver.intents(reference: reference)
        page.exchanges += reply.exchanges
        guard case .value(let found) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "reference \(reference)")
        }
        return found
    }

    private func unknown(_ listed: [IntentSnapshot], _ page: inout ReconcilePage) async throws {
        let before = page
        page = try await billing.database.read { tx in
            var page = before
            for intent in listed where try LedgerSide.payment(gateway: name, gatewayID: intent.id, tx) == nil {
                try unknown(intent, &page, tx)
            }
            return page
        }
    }

    private func unknown(_ intent: IntentSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        switch MoneySide.Standing(intent.status) {
        case .succeeded:
            page.checked += 1
            try unknownSuccess(
                UnknownSuccess(
                    intentID: intent.id, amount: intent.amount, customerID: intent.customerID,
                    metadata: intent.metadata), &page, tx)
        case .open: try unknownOpen(intent, &page, tx)
        case .canceled: return
        }
    }

    // MARK: - Told by webhooks

    /// Payments that no debt of this database knows are heard of by webhooks only where nothing can be listed.
    func foreignEvents() async throws -> ReconcilePage {
        let (since, after) = (run.from, run.cursor ?? "")
        let ids = try await billing.database.read { [name] tx in
            try LedgerSide.foreignIntents(gateway: name, since: since, after: after, limit: Self.readsPerPage, tx)
        }
        var page = ReconcilePage()
        for id in ids {
            let reply = await driver.retrieve(id)
            page.exchanges += reply.exchanges
            if let intent = try found(reply, "intent \(id)") { try await unknown([intent], &page) }
        }
        page.cursor = ids.count == Self.readsPerPage ? ids.last : nil
        return page
    }

    // MARK: - The second look

    /// What changed on either side since the run began is no difference as of its start.
    func verify() async throws -> ReconcilePage {
        let after = run.cursor.flatMap { Int64($0) } ?? 0
        let runID = run.id
        let rows = try await store.read { tx in
            try ReconcileExceptions.of(runID: runID, afterID: after, limit: Self.checksPerPage, tx)
        }
        var page = ReconcilePage()
        for (id, exception) in rows where try await isOver(exception, &page) {
            page.removed.append(id)
            page.leftOut += 1
        }
        if rows.count == Self.checksPerPage {
            page.cursor = rows.last.map { String($0.id) }
            return page
        }
        page.exceptions = try await store.read { tx in try ReconcileExceptions.sharedPeriods(runID: runID, tx) }
            .map { shared in
                var found = shared
                found.list = .twoSuccesses
                found.text += "; another payment that is not in the ledger collected the same period"
                return found
            }
        return page
    }

    private func isOver(_ exception: ReconcileException, _ page: inout ReconcilePage) async throws -> Bool {
        guard exception.object == .intent, exception.list == .differing || exception.list == .gatewayOnly else {
            return false
        }
        let id = exception.objectID
        let row = try await billing.database.read { [name] tx in
            try LedgerSide.payment(gateway: name, gatewayID: id, tx)
        }
        guard let row else { return false }
        // The ledger has it now, or changed what was compared.
        if exception.list == .gatewayOnly || row.changedAt > run.startedAt { return true }
        switch exception.field {
        case MoneyDifference.Field.status.rawValue:
            let reply = await driver.retrieve(id)
            page.exchanges += reply.exchanges
            guard let intent = try found(reply, "intent \(id)") else { return false }
            return MoneySide.Standing(intent.status) == row.side.standing
        case MoneyDifference.Field.refunded.rawValue:
            let reply = await driver.refunds(ofIntent: id)
            page.exchanges += reply.exchanges
            let refunds = try found(reply, "refunds of \(id)") ?? []
            return refunds.contains { $0.createdAt.map { $0 > run.through } ?? false }
        default: return false
        }
    }
}
