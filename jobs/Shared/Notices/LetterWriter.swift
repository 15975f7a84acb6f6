import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Foundation

/// Reads what a notice tells at the moment in which it is sent: the row says only what it is about.
struct LetterWriter {
    /// More debts of one customer are not named one by one.
    static let invoicesMax = 50

    let billing: Billing
    let notice: Notice
    let customer: Customer
    let subscription: Subscription
    let now: Instant

    func letter(_ debt: DebtFacts?, _ tx: Transaction) throws -> NoticeLetter {
        var letter = NoticeLetter(
            id: notice.noticeID, kind: notice.kind, mode: try GatewayStates.find(customer.gateway, tx)?.mode.rawValue,
            database: billing.databaseID, writtenAt: notice.writtenAt.rfc3339Seconds, step: notice.step,
            reminder: notice.reminder,
            customer: NoticeLetter.Customer(
                id: customer.id, name: customer.name, email: customer.email, country: customer.country,
                locale: customer.locale, timeZone: customer.timeZone),
            subscription: NoticeLetter.Subscription(
                id: subscription.id, plan: subscription.plan,
                state: try BillingStates.find(subscription.id, tx)?.state.rawValue))
        letter.fromState = notice.fromState
        letter.toState = notice.toState
        letter.method = try method(debt, tx)
        if let debt { try tell(debt, &letter, tx) }
        if notice.kind.audience == .customer { try addOpenInvoices(&letter, tx) }
        return letter
    }

    static func bytes(_ letter: NoticeLetter) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(letter))
    }

    private func tell(_ debt: DebtFacts, _ letter: inout NoticeLetter, _ tx: Transaction) throws {
        letter.invoice = invoice(debt)
        letter.isLate = debt.isLate ? true : nil
        guard notice.kind.urgency != nil else { return }
        letter.reason = debt.declineReason
        letter.nextAttemptAt = debt.invoice.nextAttemptAt?.rfc3339Seconds
        if debt.invoice.state == .open { letter.recoveryURL = try billing.recoveryLink?(debt.invoice, now, tx) }
        letter.wish =
            switch debt.invoice.situation {
            case .needsCustomer: .confirmPayment
            case .needsMethod: .giveMethod
            default: .none
            }
    }

    private func invoice(_ debt: DebtFacts) -> NoticeLetter.Invoice {
        let invoice = debt.invoice
        return NoticeLetter.Invoice(
            id: invoice.id, number: debt.number, subscriptionID: invoice.subscriptionID, plan: debt.plan,
            periodStart: invoice.periodStart, periodEnd: invoice.periodEnd, dueAt: invoice.dueAt.rfc3339Seconds,
            amount: invoice.amount?.majorUnits ?? "\(invoice.amountMinor)", amountMinor: invoice.amountMinor,
            currency: invoice.currencyCode, state: invoice.situation.rawValue,
            nextAttemptAt: invoice.nextAttemptAt?.rfc3339Seconds)
    }

    private func method(_ debt: DebtFacts?, _ tx: Transaction) throws -> NoticeLetter.Method? {
        guard let id = notice.paymentMethodID ?? debt?.paymentMethodID,
            let method = try PaymentMethods.find(id, tx)
        else { return nil }
        return NoticeLetter.Method(
            type: method.type, brand: method.brand, last4: method.last4, expMonth: method.expMonth,
            expYear: method.expYear)
    }

    private func addOpenInvoices(_ letter: inout NoticeLetter, _ tx: Transaction) throws {
        var totals: [Currency: Money] = [:]
        for id in try NoticeFacts.failing(ofCustomer: customer.id, limit: Self.invoicesMax, tx) {
            guard let debt = try NoticeFacts.debt(id, tx) else { continue }
            letter.openInvoices.append(invoice(debt))
            guard let amount = debt.invoice.amount else { continue }
            let zero = Money(minorUnits: 0, currency: amount.currency)
            totals[amount.currency] = (totals[amount.currency] ?? zero).adding(amount)
        }
        letter.totalDue = totals.values.sorted { $0.currency.code < $1.currency.code }.map {
            NoticeLetter.Total(currency: $0.currency.code, amount: $0.majorUnits, amountMinor: $0.minorUnits)
        }
    }
}
