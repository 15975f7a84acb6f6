import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Storing: each row is judged against the others and against what is stored, and then stored, in one transaction.
extension ImportPass {
    mutating func store(_ tx: Transaction) throws {
        try forEachRow { pass, row, fields in try pass.store(row, fields, tx) }
        try checkReplacements(tx)
        try checkMoved(tx)
    }

    mutating func store(_ row: OwnerRow, _ fields: RowFields, _ tx: Transaction) throws {
        guard isFirst(row, fields) else { return }
        do {
            switch row {
            case .customer(let customer): try store(customer, fields, tx)
            case .paymentMethod(let method): try store(method, fields, tx)
            case .subscription(let subscription): try store(subscription, fields, tx)
            case .adjustment(let adjustment): try store(adjustment, fields, tx)
            }
        } catch let error as DatabaseError {
            // The schema knows a rule that was not asked about above: that refuses the row, not the whole run.
            guard case .constraint = error.code else { throw error }
            result.problems.add(fields.problem("id", error.message))
        }
    }

    private mutating func isFirst(_ row: OwnerRow, _ fields: RowFields) -> Bool {
        guard let first = places[fields.table]?[row.id] else {
            places[fields.table, default: [:]][row.id] = Place(file: fileIndex, line: fields.row.line)
            return true
        }
        let other = first.file == fileIndex ? "" : "in \(files[first.file].input.name) "
        refuse(fields, "id", "\(shown(row.id)) is there twice, first \(other)on line \(first.line)")
        return false
    }

    private mutating func store(_ customer: Customer, _ fields: RowFields, _ tx: Transaction) throws {
        let holder = try Customers.id(
            gateway: customer.gateway, gatewayCustomerID: customer.gatewayCustomerID, tx)
        if let holder, holder != customer.id {
            return refuse(fields, "gateway_customer_id", "belongs to customer \(shown(holder)) already")
        }
        let stored = try Customers.find(customer.id, tx)
        count(
            try Customers.upsert(customer, stored: stored, tx), fields.table, from: stored.map(OwnerRow.customer),
            to: .customer(customer))
    }

    private mutating func store(_ method: PaymentMethod, _ fields: RowFields, _ tx: Transaction) throws {
        guard try Customers.find(method.customerID, tx) != nil else {
            return refuseUnknown(.customers, method.customerID, "customer", fields, "customer_id")
        }
        let holder = try PaymentMethods.id(
            customerID: method.customerID, gatewayPaymentMethodID: method.gatewayPaymentMethodID, tx)
        if let holder, holder != method.id {
            let reason = "belongs to payment method \(shown(holder)) of the same customer already"
            return refuse(fields, "gateway_payment_method_id", reason)
        }
        if method.type != "card" {
            result.notes.add(
                fields.problem("type", "\(shown(method.type)) cannot be charged: only cards are; \(parks)"))
        }
        let stored = try PaymentMethods.find(method.id, tx)
        if let stored, stored.customerID != method.customerID {
            moved.append((method, from: stored.customerID, place: fields.problem("customer_id", "")))
        }
        count(
            try PaymentMethods.upsert(method, stored: stored, tx), fields.table,
            from: stored.map(OwnerRow.paymentMethod), to: .paymentMethod(method))
    }

    private var parks: String { "subscriptions on it are parked" }

    private mutating func store(_ adjustment: Adjustment, _ fields: RowFields, _ tx: Transaction) throws {
        guard let subscription = try Subscriptions.find(adjustment.subscriptionID, tx) else {
            return refuseUnknown(
                .subscriptions, adjustment.subscriptionID, "subscription", fields, "subscription_id")
        }
        guard subscription.currency == adjustment.currency else {
            let reason = "\(adjustment.currency) is not the currency of the subscription, \(subscription.currency)"
            return refuse(fields, "currency", reason)
        }
        let stored = try Adjustments.find(adjustment.id, tx)
        if let stored, stored != adjustment, try Adjustments.isApplied(adjustment.id, tx) {
            return leave(fields, "id", "\(shown(adjustment.id)) is on an invoice already and stays as it is")
        }
        count(
            try Adjustments.upsert(adjustment, stored: stored, tx), fields.table,
            from: stored.map(OwnerRow.adjustment), to: .adjustment(adjustment))
    }

    // MARK: - What a row comes to

    mutating func refuse(_ fields: RowFields, _ column: String, _ reason: String) {
        result.problems.add(fields.problem(column, reason))
        markRefused(fields)
    }

    /// Refuses a row for what it refers to, unless that has its own problem in these files.
    mutating func refuseUnknown(
        _ table: ImportTable, _ id: String, _ noun: String, _ fields: RowFields, _ column: String
    ) {
        guard !isRefused(table, id) else { return markRefused(fields) }
        refuse(fields, column, "\(noun) \(shown(id)) is neither stored nor in \(whereabouts)")
    }

    /// A conflict: the row stays as it is here.
    mutating func leave(_ fields: RowFields, _ column: String, _ reason: String) {
        result.tables[fields.table]?.conflicts += 1
        result.conflicts.add(fields.problem(column, reason))
    }

    mutating func count(_ change: RowChange, _ table: ImportTable, from old: OwnerRow?, to new: OwnerRow) {
        result.tables[table]?.rows.count(change)
        guard change == .changed, result.changes.count < limits.changesMax, let old else { return }
        if let difference = RowDifference(table, from: old, to: new) { result.changes.append(difference) }
    }
}
