import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Refunds and disputes: the gateway's lists by their own creation, then what the ledger has and no list showed.
extension ReconcilePhases {
    /// Objects that are read one by one in a page: what is lost when a run is cut off.
    private static let readsPerPage = 20

    // MARK: - Refunds

    func refunds() async throws -> ReconcilePage {
        let reply = await driver.refundsPage(query())
        return try await list(reply, id: \.id) { refund, page, tx in
            if let known = try LedgerSide.refund(gateway: name, gatewayID: refund.id, tx) {
                page.seen.append(.init(refund.id, intentID: known.intentID, invoiceID: known.invoiceID))
                return compare(known, refund, &page)
            }
            try unknown(refund, &page, tx)
        }
    }

    func ledgerRefunds() async throws -> ReconcilePage {
        let (since, after) = (run.from.adding(hours: -Self.marginHours), run.cursor.flatMap { Int64($0) } ?? 0)
        let rows = try await billing.database.read { [name] tx in
            try LedgerSide.refunds(gateway: name, since: since, afterID: after, limit: Self.readsPerPage, tx)
        }
        var page = ReconcilePage()
        for row in rows where try await !isSeen(row.gatewayID) {
            let reply = await driver.refund(row.gatewayID)
            page.exchanges += reply.exchanges
            if let refund = try found(reply, "refund \(row.gatewayID)") {
                compare(row, refund, &page)
            } else {
                page.checked += 1
                page.exceptions.append(missing(row))
            }
        }
        page.cursor = rows.count == Self.readsPerPage ? rows.last.map { String($0.id) } : nil
        return page
    }

    private func compare(_ known: LedgerRefund, _ refund: RefundSnapshot, _ page: inout ReconcilePage) {
        page.checked += 1
        guard !isLeftOut(changedAt: known.changedAt) else {
            page.leftOut += 1
            return
        }
        var differences: [MoneyDifference] = []
        if let left = known.amount, let right = refund.amount, left != right {
            differences.append(MoneyDifference(.amount, ledger: left.description, gateway: right.description))
        }
        if known.state != refund.status.ledgerWord {
            differences.append(MoneyDifference(.status, ledger: known.state, gateway: refund.status.text))
        }
        for difference in differences {
            var found = ReconcileException(
                .differing, .refund, refund.id,
                text: "refund \(refund.id) of invoice \(known.invoiceID): \(difference.field.rawValue) is "
                    + "\(difference.ledger) in the ledger and \(difference.gateway) at the gateway")
            found.field = difference.field.rawValue
            found.ledgerValue = difference.ledger
            found.gatewayValue = difference.gateway
            found.amount = refund.amount ?? known.amount
            found.subscriptionID = known.subscriptionID
            found.invoiceID = known.invoiceID
            page.exceptions.append(found)
            guard difference.field == .status else { continue }
            page.reads.append(.init(object: .refund, objectID: refund.id, intentID: known.intentID))
        }
    }

    /// A refund of a payment that is not ours belongs to that payment. One that failed has moved nothing.
    private func unknown(_ refund: RefundSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        guard !refund.status.hasFailed, let intentID = refund.intentID,
            let payment = try LedgerSide.payment(gateway: name, gatewayID: intentID, tx)
        else { return }
        page.seen.append(.init(refund.id, intentID: intentID, invoiceID: payment.invoiceID))
        page.checked += 1
        // It may be the one whose answer is being asked for.
        if payment.hasRefundOnTheWire || isLeftOut(changedAt: payment.changedAt) {
            page.leftOut += 1
            return
        }
        var found = ReconcileException(
            .gatewayOnly, .refund, refund.id,
            text: "refund \(refund.id) gave back \(refund.amount?.description ?? "an unreadable amount") of invoice "
                + "\(payment.invoiceID), and the ledger has not heard of it")
        found.gatewayValue = refund.status.text
        found.amount = refund.amount
        found.gatewayCustomerID = payment.gatewayCustomerID
        found.name(IntentMetadata(), payment)
        page.exceptions.append(found)
        page.reads.append(.init(object: .refund, objectID: refund.id, intentID: intentID))
    }

    private func missing(_ row: LedgerRefund) -> ReconcileException {
        var found = ReconcileException(
            .ledgerOnly, .refund, row.gatewayID,
            text: "refund \(row.gatewayID) of invoice \(row.invoiceID) is \(row.state) in the ledger, and the gateway "
                + "does not have it")
        found.ledgerValue = row.state
        found.amount = row.amount
        found.subscriptionID = row.subscriptionID
        found.invoiceID = row.invoiceID
        return found
    }

    // MARK: - Disputes

    func disputes() async throws -> ReconcilePage {
        let reply = await driver.disputesPage(query())
        return try await list(reply, id: \.id) { dispute, page, tx in
            if let known = try LedgerSide.dispute(gateway: name, gatewayID: dispute.id, tx) {
                page.seen.append(.init(dispute.id, intentID: known.intentID, invoiceID: known.invoiceID))
                return compare(known, dispute, &page)
            }
            try unknown(dispute, &page, tx)
        }
    }

    func ledgerDisputes() async throws -> ReconcilePage {
        let (since, after) = (run.from.adding(hours: -Self.marginHours), run.cursor ?? "")
        let rows = try await billing.database.read { [name] tx in
            try LedgerSide.disputes(gateway: name, since: since, afterID: after, limit: Self.readsPerPage, tx)
        }
        var page = ReconcilePage()
        for row in rows where try await !isSeen(row.gatewayID) {
            let reply = await driver.dispute(row.gatewayID, eventID: "")
            page.exchanges += reply.exchanges
            if let dispute = try found(reply, "dispute \(row.gatewayID)") {
                compare(row, dispute, &page)
            } else {
                page.checked += 1
                page.exceptions.append(missing(row))
            }
        }
        page.cursor = rows.count == Self.readsPerPage ? rows.last?.gatewayID : nil
        return page
    }

    private func compare(_ known: LedgerDispute, _ dispute: DisputeSnapshot, _ page: inout ReconcilePage) {
        page.checked += 1
        guard !isLeftOut(changedAt: known.changedAt) else {
            page.leftOut += 1
            return
        }
        var differences: [MoneyDifference] = []
        if let left = known.amount, let right = dispute.amount, left != right {
            differences.append(MoneyDifference(.amount, ledger: left.description, gateway: right.description))
        }
        if known.status != dispute.status {
            differences.append(MoneyDifference(.status, ledger: known.status, gateway: dispute.status))
        }
        for difference in differences {
            var found = ReconcileException(
                .differing, .dispute, dispute.id,
                text: "dispute \(dispute.id) of invoice \(known.invoiceID): \(difference.field.rawValue) is "
                    + "\(difference.ledger) in the ledger and \(difference.gateway) at the gateway")
            found.field = difference.field.rawValue
            found.ledgerValue = difference.ledger
            found.gatewayValue = difference.gateway
            found.amount = dispute.amount ?? known.amount
            found.subscriptionID = known.subscriptionID
            found.invoiceID = known.invoiceID
            page.exceptions.append(found)
            page.reads.append(.init(object: .dispute, objectID: dispute.id, intentID: known.intentID))
        }
    }

    private func unknown(_ dispute: DisputeSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        guard let intentID = dispute.intentID,
            let payment = try LedgerSide.payment(gateway: name, gatewayID: intentID, tx)
        else { return }
        page.seen.append(.init(dispute.id, intentID: intentID, invoiceID: payment.invoiceID))
        page.checked += 1
        guard !isLeftOut(changedAt: payment.changedAt) else {
            page.leftOut += 1
            return
        }
        var found = ReconcileException(
            .gatewayOnly, .dispute, dispute.id,
            text: "dispute \(dispute.id) contests \(dispute.amount?.description ?? "an unreadable amount") of invoice "
                + "\(payment.invoiceID), and the ledger has not heard of it")
        found.gatewayValue = dispute.status
        found.amount = dispute.amount
        found.gatewayCustomerID = payment.gatewayCustomerID
        found.name(IntentMetadata(), payment)
        page.exceptions.append(found)
        page.reads.append(.init(object: .dispute, objectID: dispute.id, intentID: intentID))
    }

    private func missing(_ row: LedgerDispute) -> ReconcileException {
        var found = ReconcileException(
            .ledgerOnly, .dispute, row.gatewayID,
            text: "dispute \(row.gatewayID) of invoice \(row.invoiceID) is \(row.status) in the ledger, and the "
                + "gateway does not have it")
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

extension RefundStatus {
    /// The ledger's word for it.
    fileprivate var ledgerWord: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed, .canceled: "failed"
        case .pending, .requiresAction, .other: "pending"
        }
    }
}
