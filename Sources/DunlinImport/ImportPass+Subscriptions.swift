import DunlinCore
import DunlinDatabase
import DunlinLedger

extension ImportPass {
    mutating func store(_ subscription: Subscription, _ fields: RowFields, _ tx: Transaction) throws {
        guard try Customers.find(subscription.customerID, tx) != nil else {
            return refuseUnknown(.customers, subscription.customerID, "customer", fields, "customer_id")
        }
        guard try isMethodRight(subscription, fields, tx) else { return }
        let stored = try Subscriptions.find(subscription.id, tx)
        if let stored, stored != subscription, let reason = try finalState(of: stored, wish: subscription.status, tx) {
            return leave(fields, "status", reason)
        }
        if let replaced = subscription.replaces, try !Subscriptions.exists(replaced, tx) {
            // It may still come, further down in this file.
            replacements.append((replaced, place: fields.problem("replaces", "")))
        }
        addPrice(of: subscription)
        count(
            try Subscriptions.upsert(subscription, stored: stored, tx), fields.table,
            from: stored.map(OwnerRow.subscription), to: .subscription(subscription))
    }

    private mutating func isMethodRight(
        _ subscription: Subscription, _ fields: RowFields, _ tx: Transaction
    ) throws -> Bool {
        guard let methodID = subscription.paymentMethodID else { return true }
        guard let method = try PaymentMethods.find(methodID, tx) else {
            refuseUnknown(.paymentMethods, methodID, "payment method", fields, "payment_method_id")
            return false
        }
        guard method.customerID == subscription.customerID else {
            let reason = "payment method \(shown(methodID)) belongs to another customer"
            refuse(fields, "payment_method_id", reason)
            return false
        }
        return true
    }

    /// Why the stored subscription cannot become what the file wishes; nil when it can. Canceled is final.
    private func finalState(
        of stored: Subscription, wish: Subscription.Status, _ tx: Transaction
    ) throws -> String? {
        guard wish != .canceled else { return nil }
        let isCanceledHere = try BillingStates.find(stored.id, tx)?.state == .canceled
        guard stored.status == .canceled || isCanceledHere else { return nil }
        return "\(shown(stored.id)) is canceled here and stays so, though the file says \(wish.rawValue);"
            + " to bill it again add a new subscription that replaces it"
    }

    private mutating func addPrice(of subscription: Subscription) {
        guard subscription.status != .canceled, let currency = Currency(subscription.currency) else { return }
        let unit = Money(minorUnits: subscription.amountMinor, currency: currency)
        if let price = unit.multiplied(by: subscription.quantity) { result.prices.add(price) }
    }

    mutating func checkReplacements(_ tx: Transaction) throws {
        for (id, place) in replacements
        where try !isRefused(.subscriptions, id) && !Subscriptions.exists(id, tx) {
            result.problems.add(place.because("subscription \(shown(id)) is neither stored nor in these files"))
        }
    }

    /// A method that went to another customer must not leave subscriptions of the old one behind.
    mutating func checkMoved(_ tx: Transaction) throws {
        for (method, old, place) in moved {
            let left = try Subscriptions.ids(ofCustomer: old, paymentMethodID: method.id, tx)
            guard let first = left.first else { continue }
            let reason = "subscription \(shown(first)) of customer \(shown(old)) still names this payment method"
            result.problems.add(place.because(reason))
        }
    }
}

extension ImportProblem {
    func because(_ reason: String) -> ImportProblem {
        ImportProblem(file: file, line: line, column: column, position: position, reason: reason)
    }
}
