import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Charges, refunds and disputes tied to balance transactions, and these to payouts: gross, fee and net to the minor unit.
extension ReconcilePhases {
    /// Charges without a balance transaction that are named.
    private static let untiedMax = 1_000

    /// What came in within the window is paid out within it or later.
    func payouts() async throws -> ReconcilePage {
        let reply = await driver.payoutsPage(query(through: false))
        return try await list(reply, id: \.id) { payout, page, _ in
            page.payouts.append(payout)
            page.checked += 1
        }
    }

    // MARK: - What is in a payout

    /// The cursor is the payout and, within it, the last transaction: `po_1/txn_9`.
    func payoutTransactions() async throws -> ReconcilePage {
        let parts = (run.cursor ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let (current, after) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        let runID = run.id
        let payout = try await store.read { tx in
            // A page within a payout goes on with that one.
            try ReconcileMoney.nextAutomatic(
                after: current, orSame: !after.isEmpty, runID: runID, tx)
        }
        guard let payout else { return ReconcilePage() }
        let reply = await driver.balanceTransactionsPage(
            MoneyQuery(cursor: after.isEmpty ? nil : after), payoutID: payout.id)
        guard case .value(let listed) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "payout \(payout.id)")
        }
        var page = try await tied(listed.items, payoutID: payout.id)
        page.exchanges = reply.exchanges
        if listed.hasMore, let last = listed.items.last {
            page.cursor = "\(payout.id)/\(last.id)"
        } else {
            page.cursor = "\(payout.id)/"
            try await checkSum(payout, &page)
        }
        return page
    }

    /// The parts of a payout, those of this page included, must add up to it.
    private func checkSum(_ payout: ReconciledPayout, _ page: inout ReconcilePage) async throws {
        let runID = run.id
        let onPage = Set(page.transactions.map(\.snapshot.id))
        let stored = try await store.read { tx in
            try ReconcileMoney.netMinor(ofPayout: payout.id, besides: onPage, runID: runID, tx)
        }
        let net = page.transactions.filter { $0.snapshot.type != "payout" }.reduce(stored) { $0 + $1.snapshot.netMinor }
        guard net != payout.amount.minorUnits else { return }
        let sum = Money(minorUnits: net, currency: payout.amount.currency)
        var found = ReconcileException(
            .differing, .payout, payout.id,
            text: "payout \(payout.id) is \(payout.amount), and what the gateway says is in it adds up to \(sum)")
        found.field = MoneyDifference.Field.amount.rawValue
        found.ledgerValue = sum.description
        found.gatewayValue = payout.amount.description
        found.amount = payout.amount
        page.exceptions.append(found)
    }

    // MARK: - Everything that moved

    func transactions() async throws -> ReconcilePage {
        let reply = await driver.balanceTransactionsPage(query(), payoutID: nil)
        guard case .value(let listed) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "balance transactions")
        }
        var page = try await tied(listed.items, payoutID: nil)
        page.exchanges = reply.exchanges
        page.cursor = listed.hasMore ? listed.items.last?.id : nil
        if page.cursor == nil { try await nameUntied(&page) }
        return page
    }

    private func nameUntied(_ page: inout ReconcilePage) async throws {
        let runID = run.id
        let sources = Set(page.transactions.compactMap(\.snapshot.sourceID))
        let untied = try await store.read { tx in
            try ReconcileMoney.untied(runID: runID, limit: Self.untiedMax, tx)
        }
        for charge in untied where !sources.contains(charge.id) {
            var found = ReconcileException(
                .differing, .charge, charge.id,
                text: "charge \(charge.id) of intent \(charge.intentID ?? "?") has no balance transaction: nothing is "
                    + "booked for it yet")
            found.field = "balance_transaction"
            found.invoiceID = charge.invoiceID
            page.exceptions.append(found)
        }
    }

    /// The transactions with the payments that they came from.
    private func tied(_ items: [BalanceTransactionSnapshot], payoutID: String?) async throws -> ReconcilePage {
        let runID = run.id
        let seen = try await store.read { tx in
            try items.compactMap { try $0.sourceID.flatMap { try ReconcileSeen.find($0, runID: runID, tx) } }
        }
        let bySource = Dictionary(seen.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return try await billing.database.read { tx in
            var page = ReconcilePage()
            for item in items {
                page.checked += 1
                var line = ReconciledTransaction(item, payoutID: payoutID)
                try tie(&line, bySource, tx)
                page.transactions.append(line)
                try checkGross(line, &page, tx)
            }
            return page
        }
    }

    private func tie(
        _ line: inout ReconciledTransaction, _ seen: [String: ReconcileSeen.Object], _ tx: Transaction
    ) throws {
        guard let source = line.snapshot.sourceID else { return }
        if let object = seen[source], object.intentID != nil {
            (line.intentID, line.invoiceID) = (object.intentID, object.invoiceID)
        } else if let back = try LedgerSide.moneyBack(.refund, gateway: name, gatewayID: source, tx)
            ?? LedgerSide.moneyBack(.dispute, gateway: name, gatewayID: source, tx)
        {
            (line.intentID, line.invoiceID) = (back.intentID, back.invoiceID)
        } else if let payment = try LedgerSide.payment(gateway: name, chargeID: source, tx) {
            (line.intentID, line.invoiceID) = (payment.gatewayID, payment.invoiceID)
        }
    }

    /// What was booked for a charge is what was charged, where no other currency was paid out.
    private func checkGross(
        _ line: ReconciledTransaction, _ page: inout ReconcilePage, _ tx: Transaction
    ) throws {
        guard line.snapshot.type == "charge", let charge = line.snapshot.sourceID, let intentID = line.intentID,
            let payment = try LedgerSide.payment(gateway: name, gatewayID: intentID, tx),
            let amount = payment.amount, amount.currency == line.snapshot.gross.currency, amount != line.snapshot.gross
        else { return }
        var found = ReconcileException(
            .differing, .charge, charge,
            text: "charge \(charge) of invoice \(payment.invoiceID) is booked with \(line.snapshot.gross), the invoice "
                + "is \(amount)")
        found.field = "gross"
        found.ledgerValue = amount.description
        found.gatewayValue = line.snapshot.gross.description
        found.amount = line.snapshot.gross
        found.name(IntentMetadata(), payment)
        page.exceptions.append(found)
    }
}
