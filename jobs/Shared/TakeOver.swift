import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Logging

/// Stores intents that were found at the gateway for a debt, and what they prove. Adopts only what matches; anything
/// else is foreign, and the invoice is held for a person (money.md 3).
struct TakeOver {
    static let numbersMax = 50

    let billing: Billing
    let gateway: BillingGateway
    let now: Instant

    struct Taken: Sendable {
        /// True when the debt may still be charged.
        var mayCharge = false
        /// Unconfirmed intents of the debt beside the one that was stored: they move no money, and are to be canceled.
        var strays: [String] = []
    }

    /// How much of what the gateway has of a debt is known.
    enum View {
        /// All of it.
        case whole
        /// What one event is about. There may be another intent that money has moved on, so that one that was never
        /// confirmed, or is canceled, says nothing about how to go on; and money that moved is recorded for a debt that has
        /// ended too (money.md 25).
        case oneEvent
    }

    /// Money that moved comes first, whatever else is found.
    func take(_ found: [IntentSnapshot], of invoiceID: Int64, view: View = .whole, _ tx: Transaction) throws -> Taken {
        let invoice = try Invoices.get(invoiceID, tx)
        guard invoice.state == .open || view == .oneEvent, let amount = invoice.amount else { return Taken() }
        var taken = Taken(mayCharge: invoice.state == .open)
        var successes = 0
        var foreign: String?
        for snapshot in found.sorted(by: { $0.rank < $1.rank }) {
            switch try judge(snapshot, invoice, amount, tx) {
            case .ignored: continue
            case .foreign(let reason): foreign = foreign ?? reason
            case .ours(let number):
                guard let id = try store(snapshot, number: number, invoice, amount, view, tx) else {
                    if snapshot.isUnconfirmed {
                        taken.strays.append(snapshot.id)
                    } else if snapshot.mayStillMoveMoney {
                        foreign =
                            foreign ?? "intent \(snapshot.id) of this debt was tried beside the one that is stored"
                    }
                    continue
                }
                guard snapshot.status == .succeeded else { continue }
                successes += 1
                taken.mayCharge = false
                try Collected(billing: billing, now: now).record(
                    try Invoices.get(invoiceID, tx), intentID: id, attempt: nil, tx)
                try EndingDebts.cancelOpenIntents(of: invoice, now: now, tx)
            }
        }
        if successes > 1 { try report(successes, invoice, tx) }
        if let foreign {
            taken.mayCharge = false
            try hold(invoice, foreign, tx)
        }
        return taken
    }

    // MARK: - Is it ours

    private enum Judgement {
        case ours(number: Int)
        case foreign(String)
        case ignored
    }

    private func judge(
        _ snapshot: IntentSnapshot, _ invoice: Invoice, _ amount: Money, _ tx: Transaction
    ) throws -> Judgement {
        let isOfOurDatabase = (snapshot.metadata.databaseID ?? billing.databaseID) == billing.databaseID
        guard isOfOurDatabase else {
            return snapshot.movesMoney
                ? .foreign("intent \(snapshot.id) of another database collected this period already") : .ignored
        }
        guard let number = number(of: snapshot, invoice) else {
            return snapshot.status == .canceled ? .ignored : .foreign("intent \(snapshot.id) has no name of ours")
        }
        guard let customer = try Customers.find(invoice.customerID, tx) else { return .ignored }
        var metadata = invoice.metadata(reference: snapshot.metadata.reference, databaseID: billing.databaseID)
        metadata.invoiceID = nil
        let expectation = IntentExpectation(
            amount: amount, customerID: customer.gatewayCustomerID, mode: gateway.driver.mode, metadata: metadata)
        if let difference = expectation.difference(from: snapshot), snapshot.status != .canceled {
            return .foreign("intent \(snapshot.id) at the gateway differs from this debt: \(difference)")
        }
        return .ours(number: number)
    }

    private func number(of snapshot: IntentSnapshot, _ invoice: Invoice) -> Int? {
        (1...Self.numbersMax).first {
            invoice.reference(intentNumber: $0, databaseID: billing.databaseID).text == snapshot.metadata.reference
        }
    }

    // MARK: - Storing

    /// - Returns: the row; nil when a better intent of the debt is stored already.
    private func store(
        _ snapshot: IntentSnapshot, number: Int, _ invoice: Invoice, _ amount: Money, _ view: View, _ tx: Transaction
    ) throws -> Int64? {
        let known = try Intents.of(invoice.id, tx)
        try closeCard(snapshot, tx)
        if let same = known.first(where: { $0.gatewayID == snapshot.id }) {
            try Intents.noteUnlessSucceeded(snapshot, of: same.id, askedAt: now, tx)
            return same.id
        }
        let named = known.first { $0.number == number }
        if view == .oneEvent, snapshot.saysNothingOfOthers { return nil }
        if let named, named.gatewayID == nil {
            _ = try Intents.store(gatewayID: snapshot.id, named.id, tx)
            try Intents.noteUnlessSucceeded(snapshot, of: named.id, askedAt: now, tx)
            return named.id
        }
        let isOpen = snapshot.status != .canceled && snapshot.status != .succeeded
        if isOpen, known.contains(where: { !$0.isCanceled }) { return nil }
        if named != nil, snapshot.status == .canceled { return nil }
        let id = try insert(snapshot, number: named == nil ? number : nil, known, invoice, amount, tx)
        // Tried in another timeline, in which the debt went on: here it has ended (money.md 20).
        if isOpen, invoice.state != .open { try FollowUps.cancel(Intents.get(id, tx), of: invoice, now: now, tx) }
        return id
    }

    /// - Parameter number: nil for a second intent of the same name, which gets a number and a name of its own.
    private func insert(
        _ snapshot: IntentSnapshot, number: Int?, _ known: [Intent], _ invoice: Invoice, _ amount: Money,
        _ tx: Transaction
    ) throws -> Int64 {
        let account = try GatewayStates.find(gateway.name, tx)?.account ?? gateway.driver.keyHash
        let name = snapshot.metadata.reference ?? ""
        // That it succeeded is counted by whoever records the money; until then it may not be a second open one.
        let found = known.contains { $0.isOpen } ? IntentStatus.canceled.text : Intent.created
        return try Intents.insert(
            NewIntent(
                invoiceID: invoice.id, number: number ?? (known.map(\.number).max() ?? 0) + 1, gateway: gateway.name,
                account: account, mode: gateway.driver.mode, gatewayCustomerID: snapshot.customerID ?? "",
                amount: amount, reference: number == nil ? "\(name)/\(snapshot.id)" : name, gatewayID: snapshot.id,
                status: snapshot.status == .succeeded ? found : snapshot.status.text), now: now, tx)
    }

    /// A final decline in another timeline counts in this one.
    private func closeCard(_ snapshot: IntentSnapshot, _ tx: Transaction) throws {
        guard let decline = snapshot.lastDecline, let method = snapshot.paymentMethodID else { return }
        let classified = billing.rules.declines.classify(decline, gateway: gateway.driver.kind, brand: nil)
        guard classified.declineClass == .never || classified.declineClass == .needsMethod else { return }
        let cause: RetryBudget.Cause = classified.declineClass == .needsMethod ? .needsMethod : .never
        try RetryBudget.close(
            gateway: gateway.name, cardKey: method, RetryBudget.Closing(cause: cause, reason: classified.reason),
            now: now, tx)
    }

    // MARK: - For a person

    private func report(_ successes: Int, _ invoice: Invoice, _ tx: Transaction) throws {
        let reason = "\(successes) intents of this debt succeeded at the gateway"
        try Activity.add(
            "double_charge_found", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason,
            now: now, tx)
        billing.logger.error(
            "a debt was collected more than once", metadata: ["invoice": "\(invoice.id)", "reason": "\(reason)"])
    }

    private func hold(_ invoice: Invoice, _ reason: String, _ tx: Transaction) throws {
        try InvoiceRest.onHold(invoice.id, reason: reason, now: now, tx)
        try Activity.add(
            "incident", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason, now: now, tx)
        billing.logger.error("an invoice is held", metadata: ["invoice": "\(invoice.id)", "reason": "\(reason)"])
    }
}

extension IntentSnapshot {
    /// Which of several intents of one debt says most: money that moved first, what is canceled last.
    var rank: Int {
        switch status {
        case .succeeded: 0
        case .processing, .requiresCapture: 1
        case .requiresAction: 2
        case .requiresPaymentMethod: latestCharge == nil ? 4 : 3
        case .requiresConfirmation, .other: 4
        case .canceled: 5
        }
    }

    /// It names the debt, by whatever number.
    func isOf(_ invoice: Invoice) -> Bool {
        metadata.subscriptionID == invoice.subscriptionID && metadata.period == invoice.periodStart
    }

    var isUnconfirmed: Bool {
        status == .requiresConfirmation || (status == .requiresPaymentMethod && latestCharge == nil)
    }

    /// There may be another intent of the debt that money has moved on.
    var saysNothingOfOthers: Bool { isUnconfirmed || status == .canceled }

    /// Somebody has confirmed it, and it has not come to an end.
    fileprivate var mayStillMoveMoney: Bool {
        status == .processing || status == .requiresCapture || status == .requiresAction
    }

    var movesMoney: Bool { status == .succeeded || status == .processing || status == .requiresCapture }
}
