import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Refunds and disputes: the gateway's lists by their own creation, then what the ledger has and no list showed.
extension ReconcilePhases {
    /// Objects that are read one by one in a page: what is lost when a run is cut off.
    private static let readsPerPage = 20

    // MARK: - The gateway's side

    func refunds() async throws -> ReconcilePage {
        try await list(await driver.refundsPage(query()), id: \.id) { refund, page, tx in
            try take(MoneyBack(refund), &page, tx)
        }
    }

    func disputes() async throws -> ReconcilePage {
        try await list(await driver.disputesPage(query()), id: \.id) { dispute, page, tx in
            try take(MoneyBack(dispute), &page, tx)
        }
    }

    private func take(_ back: MoneyBack, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        guard let known = try LedgerSide.moneyBack(back.kind, gateway: name, gatewayID: back.id, tx) else {
            return try unknown(back, &page, tx)
        }
        page.seen.append(.init(back.id, intentID: known.intentID, invoiceID: known.invoiceID))
        compare(known, back, &page)
    }

    // MARK: - The ledger's side

    func ledgerRefunds() async throws -> ReconcilePage {
        try await ledger(.refund) { id, page in
            let reply = await driver.refund(id)
            page.exchanges += reply.exchanges
            return try found(reply, "refund \(id)").map { MoneyBack($0) }
        }
    }

    func ledgerDisputes() async throws -> ReconcilePage {
        try await ledger(.dispute) { id, page in
            let reply = await driver.dispute(id, eventID: "")
            page.exchanges += reply.exchanges
            return try found(reply, "dispute \(id)").map { MoneyBack($0) }
        }
    }

    /// - Parameter read: one of them at the gateway; nil when the gateway does not have it.
    private func ledger(
        _ kind: LedgerMoneyBack.Kind, _ read: (_ id: String, inout ReconcilePage) async throws -> MoneyBack?
    ) async throws -> ReconcilePage {
        let (since, cursor) = (run.from.adding(hours: -Self.marginHours), run.cursor)
        let rows = try await billing.database.read { [name] tx in
            try LedgerSide.moneyBack(
                kind, gateway: name, since: since, after: cursor, limit: Self.readsPerPage, tx)
        }
        var page = ReconcilePage()
        for row in rows where try await !isSeen(row.gatewayID) {
            if let back = try await read(row.gatewayID, &page) {
                compare(row, back, &page)
            } else {
                page.checked += 1
                page.exceptions.append(missing(row, kind))
            }
        }
        page.cursor = rows.count == Self.readsPerPage ? rows.last?.cursor : nil
        return page
    }

    // MARK: - Parts

    private func compare(_ known: LedgerMoneyBack, _ back: MoneyBack, _ page: inout ReconcilePage) {
        page.checked += 1
        guard !isLeftOut(changedAt: known.changedAt) else {
            page.leftOut += 1
            return
        }
        var differences: [MoneyDifference] = []
        if let left = known.amount, let right = back.amount, left != right {
            differences.append(MoneyDifference(.amount, ledger: left.description, gateway: right.description))
        }
        if known.status != back.ledgerStatus {
            differences.append(MoneyDifference(.status, ledger: known.status, gateway: back.status))
        }
        for difference in differences {
            var found = ReconcileException(
                difference, of: back.kind.object, back.id,
                text: "\(back.kind.rawValue) \(back.id) of invoice \(known.invoiceID): \(difference.field.rawValue) is "
                    + "\(difference.ledger) in the ledger and \(difference.gateway) at the gateway")
            found.amount = back.amount ?? known.amount
            found.subscriptionID = known.subscriptionID
            found.invoiceID = known.invoiceID
            page.exceptions.append(found)
            guard back.isMended(byReading: difference.field) else { continue }
            page.reads.append(.init(object: back.kind.object, objectID: back.id, intentID: known.intentID))
        }
    }

    /// One of a payment that is not ours belongs to that payment.
    private func unknown(_ back: MoneyBack, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        guard back.movesMoney, let intentID = back.intentID,
            let payment = try LedgerSide.payment(gateway: name, gatewayID: intentID, tx)
        else { return }
        page.seen.append(.init(back.id, intentID: intentID, invoiceID: payment.invoiceID))
        page.checked += 1
        // A refund may be the one whose answer is being asked for.
        let mayBeOurs = back.kind == .refund && payment.hasRefundOnTheWire
        guard !mayBeOurs, !isLeftOut(changedAt: payment.changedAt) else {
            page.leftOut += 1
            return
        }
        var found = ReconcileException(
            .gatewayOnly, back.kind.object, back.id,
            text: "\(back.kind.rawValue) \(back.id) \(back.kind.verb) "
                + "\(back.amount?.description ?? "an unreadable amount") of invoice \(payment.invoiceID), and the ledger "
                + "has not heard of it")
        found.gatewayValue = back.status
        found.amount = back.amount
        found.gatewayCustomerID = payment.gatewayCustomerID
        found.name(IntentMetadata(), payment)
        page.exceptions.append(found)
        page.reads.append(.init(object: back.kind.object, objectID: back.id, intentID: intentID))
    }

    private func missing(_ row: LedgerMoneyBack, _ kind: LedgerMoneyBack.Kind) -> ReconcileException {
        var found = ReconcileException(
            .ledgerOnly, kind.object, row.gatewayID,
            text: "\(kind.rawValue) \(row.gatewayID) of invoice \(row.invoiceID) is \(row.status) in the ledger, and "
                + "the gateway does not have it")
        found.ledgerValue = row.status
        found.amount = row.amount
        found.subscriptionID = row.subscriptionID
        found.invoiceID = row.invoiceID
        return found
    }

    func isSeen(_ id: String) async throws -> Bool {
        let runID = run.id
        return try await store.read { tx in try ReconcileSeen.contains(id, runID: runID, tx) }
    }
}
