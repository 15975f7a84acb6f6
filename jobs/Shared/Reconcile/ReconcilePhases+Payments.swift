import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Payments: the gateway's lists of intents and charges, held against the ledger.
extension ReconcilePhases {
    // MARK: - Intents

    func intents() async throws -> ReconcilePage {
        let reply = await driver.intentsPage(query())
        return try await list(reply, id: \.id) { intent, page, tx in try compare(intent, &page, tx) }
    }

    private func compare(_ intent: IntentSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        if let payment = try LedgerSide.payment(gateway: name, gatewayID: intent.id, tx) {
            page.seen.append(.init(intent.id))
            page.checked += 1
            return compare(payment, with: intent.side, intent.id, &page)
        }
        // Money that moved is found among the charges.
        guard MoneySide.Standing(intent.status) == .open else { return }
        try unknownOpen(intent, &page, tx)
    }

    /// An open intent that the ledger does not have moves no money; one that has our name is still worth a look.
    func unknownOpen(_ intent: IntentSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        guard intent.metadata.databaseID == billing.databaseID else { return }
        let debt = try self.debt(of: intent.metadata, tx)
        // Its create is being asked about: the ledger will have it.
        if let debt, debt.gatewayID == nil, debt.attemptInFlight != nil {
            page.leftOut += 1
            return
        }
        var found = ReconcileException(
            .gatewayOnly, .intent, intent.id,
            text: "intent \(intent.id) has our name, is \(intent.status.text) and is not in the ledger"
                + (debt.map { " beside \($0.gatewayID ?? "another one") of invoice \($0.invoiceID)" } ?? ""))
        found.movesMoney = intent.status == .processing
        found.gatewayValue = intent.status.text
        found.amount = intent.amount
        found.gatewayCustomerID = intent.customerID
        found.name(intent.metadata, debt)
        page.exceptions.append(found)
    }

    // MARK: - Charges

    func charges() async throws -> ReconcilePage {
        let reply = await driver.chargesPage(query())
        return try await list(reply, id: \.id) { charge, page, tx in
            guard charge.movedMoney else { return }
            page.checked += 1
            try compare(charge, &page, tx)
        }
    }

    private func compare(_ charge: ChargeSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        let known = try charge.intentID.flatMap { try LedgerSide.payment(gateway: name, gatewayID: $0, tx) }
        guard let payment = known, let intentID = charge.intentID else { return try unknown(charge, &page, tx) }
        page.seen.append(.init(charge.id, intentID: intentID, invoiceID: payment.invoiceID, isCharge: true))
        page.seen.append(.init(intentID))
        compare(payment, with: charge.side, intentID, &page)
    }

    /// Compares one payment; what is in flight or changed since the start of the run is left out.
    ///
    /// - Parameter id: the gateway's, of the intent.
    func compare(_ payment: LedgerPayment, with side: MoneySide, _ id: String, _ page: inout ReconcilePage) {
        guard !isLeftOut(changedAt: payment.changedAt, inFlightUntil: payment.inFlightUntil) else {
            page.leftOut += 1
            return
        }
        for difference in MoneyComparison.differences(ledger: payment.side, gateway: side) {
            var found = ReconcileException(
                difference, of: .intent, id,
                text: "invoice \(payment.invoiceID): \(difference.field.rawValue) of \(id) is \(difference.ledger) in "
                    + "the ledger and \(difference.gateway) at the gateway")
            found.amount = side.amount ?? payment.amount
            found.gatewayCustomerID = payment.gatewayCustomerID
            found.movesMoney = difference.movesMoney
            found.name(IntentMetadata(), payment)
            page.exceptions.append(found)
            if difference.field == .status, side.standing == .succeeded {
                page.reads.append(.init(object: .intent, objectID: id, intentID: id))
            }
        }
        guard payment.hasSucceeded, side.standing == .succeeded, let other = payment.otherSuccess,
            side.refundedMinor ?? payment.refundedMinor < payment.amount?.minorUnits ?? .max
        else { return }
        page.exceptions.append(twice(payment, id, other))
    }

    private func twice(_ payment: LedgerPayment, _ id: String, _ other: String) -> ReconcileException {
        var found = ReconcileException(
            .twoSuccesses, .intent, id,
            text: "invoice \(payment.invoiceID) was paid twice: by \(other) and by \(id)")
        found.ledgerValue = other
        found.gatewayValue = id
        found.amount = payment.amount
        found.gatewayCustomerID = payment.gatewayCustomerID
        found.name(IntentMetadata(), payment)
        return found
    }

    // MARK: - Money that the ledger does not have

    private func unknown(_ charge: ChargeSnapshot, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        try unknownSuccess(
            UnknownSuccess(
                intentID: charge.intentID, chargeID: charge.id, amount: charge.amount, customerID: charge.customerID,
                metadata: charge.metadata,
                isGivenBack: charge.amount.map { charge.refundedMinor >= $0.minorUnits } ?? false), &page, tx)
    }

    /// A payment that succeeded at the gateway and that the ledger does not have by id.
    struct UnknownSuccess {
        var intentID: String?
        var chargeID: String?
        var amount: Money?
        var customerID: String?
        var metadata: IntentMetadata
        var isGivenBack = false

        var object: ReconcileException.Object { intentID == nil ? .charge : .intent }
        var id: String { intentID ?? chargeID ?? "" }
    }

    func unknownSuccess(_ success: UnknownSuccess, _ page: inout ReconcilePage, _ tx: Transaction) throws {
        let metadata = success.metadata
        let debt = try self.debt(of: metadata, tx)
        if let debt, isLeftOut(changedAt: debt.changedAt, inFlightUntil: debt.inFlightUntil) {
            page.leftOut += 1
            return
        }
        let customer = try success.customerID.flatMap { try Customers.id(gateway: name, gatewayCustomerID: $0, tx) }
        let isNamed = metadata.databaseID != nil || metadata.reference != nil || metadata.subscriptionID != nil
        if !isNamed { page.foreign += 1 }
        guard isNamed || customer != nil || run.listsForeign else { return }
        let isSecond = debt.map { $0.hasSucceeded && $0.gatewayID != success.intentID } ?? false
        var found = ReconcileException(
            isSecond && !success.isGivenBack ? .twoSuccesses : .gatewayOnly, success.object, success.id,
            text: sentence(success, debt, customer))
        found.gatewayValue = isSecond ? debt?.gatewayID : "succeeded"
        found.ledgerValue = isSecond ? debt?.gatewayID : nil
        if isSecond { found.gatewayValue = success.id }
        found.amount = success.amount
        found.gatewayCustomerID = success.customerID
        found.name(metadata, debt)
        page.exceptions.append(found)
        // Only what names a debt of ours can be taken over; the rest is a person's.
        if debt != nil, let id = success.intentID {
            page.reads.append(.init(object: .intent, objectID: id, intentID: id, metadata: metadata))
        }
    }

    private func sentence(_ success: UnknownSuccess, _ debt: LedgerPayment?, _ customer: String?) -> String {
        let metadata = success.metadata
        let what =
            "\(success.object == .intent ? "intent" : "charge") \(success.id) collected "
            + "\(success.amount?.description ?? "an unreadable amount")"
        let period = "period \(metadata.period ?? "?") of subscription \(metadata.subscriptionID ?? "?")"
        if let debt, debt.hasSucceeded {
            return "\(what) for \(period), which \(debt.gatewayID ?? "another intent") had collected: invoice "
                + "\(debt.invoiceID) was paid twice"
        }
        if let debt { return "\(what) for invoice \(debt.invoiceID), and the ledger has not heard of it" }
        if let other = metadata.databaseID, other != billing.databaseID {
            return "\(what) for \(period) of another data file (\(other))"
        }
        if metadata.subscriptionID != nil || metadata.reference != nil {
            return "\(what) for \(period), which has no invoice in the ledger"
        }
        if let customer { return "\(what) of customer \(customer) and was not made by Dunlin" }
        return "\(what) and has nothing to do with Dunlin"
    }

    /// The debt that an object names: by its reference, else by subscription and period (money.md 32).
    func debt(of metadata: IntentMetadata, _ tx: Transaction) throws -> LedgerPayment? {
        if let reference = metadata.reference,
            let payment = try LedgerSide.payment(gateway: name, reference: reference, tx), !payment.isReplaced
        {
            return payment
        }
        guard let subscription = metadata.subscriptionID, let period = metadata.period else { return nil }
        return try LedgerSide.payment(gateway: name, subscriptionID: subscription, periodStart: period, tx)
    }
}

extension IntentSnapshot {
    var side: MoneySide { MoneySide(amount: amount, standing: .init(status)) }
}

extension ChargeSnapshot {
    var side: MoneySide {
        MoneySide(amount: amount, standing: .succeeded, refundedMinor: refundedMinor, isDisputed: isDisputed)
    }
}

extension LedgerPayment {
    /// The ledger's word for it; what is on its way is not told. Disputes that are on record are compared by their own ids.
    var side: MoneySide {
        MoneySide(
            amount: amount, standing: .init(IntentStatus(status)),
            refundedMinor: hasRefundOnTheWire ? nil : refundedMinor, isDisputed: isDisputed ? nil : false)
    }

    /// Canceled: the debt went on with another one.
    fileprivate var isReplaced: Bool { status == IntentStatus.canceled.text }
}

extension MoneyDifference {
    /// False where both sides agree about the money, or none has moved.
    var movesMoney: Bool {
        field != .status || ledger == MoneySide.Standing.succeeded.rawValue
            || gateway == MoneySide.Standing.succeeded.rawValue
    }
}

extension ReconcileException {
    /// Names the debt, by the ledger where it has it.
    mutating func name(_ metadata: IntentMetadata, _ debt: LedgerPayment?) {
        subscriptionID = debt?.subscriptionID ?? metadata.subscriptionID
        periodStart = debt?.periodStart ?? metadata.period
        invoiceID = debt?.invoiceID
    }
}
