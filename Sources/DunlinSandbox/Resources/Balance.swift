extension World {
    /// How long money takes until it can be paid out.
    private static let pendingMilliseconds: Int64 = 2 * 86_400_000

    /// Writes a change of the balance down.
    @discardableResult
    func book(
        _ amount: Int64, fee: Int64, _ type: String, _ source: RecordHeader, _ currency: String,
        isAvailableAtOnce: Bool = false
    ) -> BalanceTransaction {
        let availableOn = type == "charge" && !isAvailableAtOnce ? now + Self.pendingMilliseconds : now
        let transaction = BalanceTransaction(
            header("txn", source.dialect, livemode: source.livemode), amount: amount, fee: fee, currency: currency,
            type: type, sourceID: source.id, availableOn: availableOn)
        balanceTransactions.insert(transaction)
        balanceSheet.add(
            transaction.net,
            to: BalanceSheet.Account(dialect: source.dialect, livemode: source.livemode, currency: currency),
            availableOn: availableOn, now: now)
        return transaction
    }

    func retrieveAccount(_ call: Call) throws(SandboxFailure) -> Reply {
        return Reply(
            body: written {
                $0.object { writer in
                    writer.field("id", accountID)
                    writer.field("object", "account")
                    writer.field("business_type", nil as String?)
                    writer.field("charges_enabled", true)
                    writer.field("country", "US")
                    writer.field("default_currency", "usd")
                    writer.field("details_submitted", true)
                    writer.field("email", "sandbox@example.com")
                    writer.field("payouts_enabled", true)
                    writer.field("type", "standard")
                }
            })
    }

    func retrieveBalance(_ call: Call) throws(SandboxFailure) -> Reply {
        let (available, pending) = balanceSheet.balances(call.dialect, livemode: call.livemode, now: now)
        return Reply(
            body: written {
                $0.object { writer in
                    writer.field("object", "balance")
                    Self.writeAmounts("available", available, to: &writer)
                    writer.field("livemode", call.livemode)
                    Self.writeAmounts("pending", pending, to: &writer)
                }
            })
    }

    private static func writeAmounts(_ name: StaticString, _ amounts: [String: Int64], to writer: inout JSONWriter) {
        let listed = amounts.isEmpty ? ["usd": 0] : amounts
        writer.array(name) { writer in
            for (currency, amount) in listed.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.field("amount", amount)
                    writer.field("currency", currency)
                    writer.object("source_types") { $0.field("card", amount) }
                }
            }
        }
    }

    func listBalanceTransactions(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["currency", "payout", "source", "type"])
        let currency = try call.parameters.string("currency")
        let payout = try call.parameters.string("payout")
        let source = try call.parameters.string("source")
        let type = try call.parameters.string("type")
        var records = balanceTransactions.records(call.dialect)
        if let source { records = transactions(of: source) }
        if let payout { records = payouts[payout]?.transactions ?? [] }
        let page = try page(
            records, query, kind: "balance_transaction",
            cursor: balanceTransactions
        ) { transaction in
            transaction.livemode == call.livemode && (currency == nil || transaction.currency == currency)
                && (payout == nil || transaction.payoutID == payout)
                && (source == nil || transaction.sourceID == source) && (type == nil || transaction.type == type)
        }
        return try listReply(page, call) { transaction, writer, _ in self.write(transaction, to: &writer) }
    }

    /// What an object moved, oldest first.
    private func transactions(of source: String) -> [BalanceTransaction] {
        let refund = refunds[source]
        let ids = [
            charges[source]?.balanceTransactionID, refund?.balanceTransactionID, refund?.failureBalanceTransactionID,
            payouts[source]?.balanceTransactionID,
        ]
        return ids.compactMap { $0.flatMap { balanceTransactions[$0] } } + (disputes[source]?.balanceTransactions ?? [])
    }

    func retrieveBalanceTransaction(_ call: Call) throws(SandboxFailure) -> Reply {
        guard let transaction = balanceTransactions[call.id], transaction.livemode == call.livemode else {
            throw .noSuch("balance transaction", call.id, parameter: "id")
        }
        return Reply(body: written { write(transaction, to: &$0) })
    }

    // MARK: Payouts

    /// Pays out an amount, or without one everything that is available in a currency.
    func createPayout(_ call: Call) throws(SandboxFailure) -> Reply {
        let currency = try call.parameters.requiredString("currency").lowercased()
        let settled = balanceTransactions.records(call.dialect).filter { transaction in
            transaction.livemode == call.livemode && transaction.currency == currency && transaction.payoutID == nil
                && transaction.availableOn <= now && transaction.type != "payout"
        }
        let available = settled.reduce(0) { $0 + $1.net }
        let amount = try call.parameters.integer("amount") ?? available
        guard amount >= 1, amount <= available else {
            throw SandboxFailure(
                400, .invalidRequest, code: "balance_insufficient",
                "You have insufficient funds in your account for this payout: \(available) \(currency).")
        }
        let payout = Payout(
            header("po", call), amount: amount, currency: currency, isAutomatic: amount == available,
            arrivalDate: now + 86_400_000)
        try payout.metadata.apply(call.parameters)
        if payout.isAutomatic { for transaction in settled { transaction.payoutID = payout.id } }
        let transaction = book(-amount, fee: 0, "payout", payout.header, currency)
        transaction.payoutID = payout.id
        payout.balanceTransactionID = transaction.id
        payout.transactions = (payout.isAutomatic ? settled : []) + [transaction]
        payouts.insert(payout)
        emit("payout.created", .payout(payout), call)
        schedule.add(.payOut(payout), due: payout.arrivalDate)
        return reply(payout)
    }

    func payOut(_ payout: Payout) {
        payout.status = "paid"
        emit("payout.paid", .payout(payout), nil)
    }

    func listPayouts(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["arrival_date", "destination", "status"])
        let status = try call.parameters.string("status")
        let page = try page(
            payouts.records(call.dialect), query, kind: "payout", cursor: payouts
        ) { $0.livemode == call.livemode && (status == nil || $0.status == status) }
        return try listReply(page, call) { payout, writer, _ in self.write(payout, to: &writer) }
    }

    func retrievePayout(_ call: Call) throws(SandboxFailure) -> Reply {
        guard let payout = payouts[call.id], payout.livemode == call.livemode else {
            throw .noSuch("payout", call.id, parameter: "payout")
        }
        return reply(payout)
    }

    private func reply(_ payout: Payout) -> Reply {
        Reply(body: written { write(payout, to: &$0) })
    }
}
