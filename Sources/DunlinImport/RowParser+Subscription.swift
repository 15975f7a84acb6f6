import DunlinCalendar
import DunlinCore
import DunlinLedger

extension RowParser {
    mutating func subscription(_ fields: inout RowFields) -> Subscription? {
        let (id, customerID) = (fields.identifier("id"), fields.identifier("customer_id"))
        let methodID = fields.identifier("payment_method_id", isNeeded: false)
        let plan = fields.text("plan", isNeeded: true)
        let price = price(&fields)
        let schedule = schedule(&fields)
        let status = status(&fields)
        let atPeriodEnd = fields.flag("cancel_at_period_end")
        let (billFrom, replaces) = (billFrom(&fields), replaces(id, &fields))
        let parallel = fields.flag("parallel")
        let onResume = onResume(schedule?.billOn, &fields)
        let (entity, invoiceNumber) = (fields.text("entity"), fields.text("invoice_number"))
        guard let id, let customerID, let plan, let price, let schedule, let status, let atPeriodEnd, let parallel,
            fields.problems.isEmpty
        else { return nil }
        return Subscription(
            id: id, customerID: customerID, paymentMethodID: methodID, plan: plan, amountMinor: price.unit.minorUnits,
            currency: price.unit.currency.code, quantity: price.quantity, interval: schedule.interval.unit.rawValue,
            intervalCount: schedule.interval.count, anchor: schedule.anchor, timeZone: schedule.zone.identifier,
            trialEnd: schedule.trialEnd, billOn: schedule.billOn, endsAt: schedule.endsAt,
            cancelAtPeriodEnd: atPeriodEnd, status: status, billFrom: billFrom, replaces: replaces, parallel: parallel,
            entity: entity, invoiceNumber: invoiceNumber, onResume: onResume)
    }

    private func price(_ fields: inout RowFields) -> (unit: Money, quantity: Int64)? {
        let amount = fields.integer("amount_minor", 1...Int64.max, hint: RowParser.minorUnitsHint)
        let quantity = fields.integer("quantity", 1...Int64.max)
        guard let currency = currency(&fields), let amount, let quantity else { return nil }
        let unit = Money(minorUnits: amount, currency: currency)
        guard unit.multiplied(by: quantity) != nil else {
            return fields.refuse("amount_minor", "\(amount) times the quantity \(quantity) does not fit into 64 bits")
        }
        return (unit, quantity)
    }

    private func status(_ fields: inout RowFields) -> Subscription.Status? {
        guard let name = fields.text("status", isNeeded: true, bytesMax: 100) else { return nil }
        guard let status = Subscription.Status(rawValue: name) else {
            return fields.refuse("status", "\(shown(name)) is not one of active, paused, canceled")
        }
        return status
    }

    private func billFrom(_ fields: inout RowFields) -> String? {
        guard let text = fields.text("bill_from", bytesMax: 100) else { return nil }
        guard text == "anchor" || text == "current" || LocalDate(text) != nil else {
            return fields.refuse("bill_from", "\(shown(text)) is neither anchor, current nor a date such as 2024-01-31")
        }
        return text
    }

    private func onResume(_ billOn: Int?, _ fields: inout RowFields) -> String? {
        guard let text = fields.text("on_resume", bytesMax: 100) else { return nil }
        guard text == "keep" || text == "shift" else {
            return fields.refuse("on_resume", "\(shown(text)) is neither keep nor shift")
        }
        guard text == "keep" || billOn == nil else {
            return fields.refuse("on_resume", "shift does not go with bill_on: calendar days do not move")
        }
        return text
    }

    private func replaces(_ id: String?, _ fields: inout RowFields) -> String? {
        guard let replaced = fields.identifier("replaces", isNeeded: false) else { return nil }
        guard replaced != id else { return fields.refuse("replaces", "a subscription cannot replace itself") }
        return replaced
    }
}

/// The columns that make a schedule, as written.
struct ScheduleColumns {
    var anchor: String
    var interval: BillingInterval
    var zone: Zone
    var trialEnd: String?
    var billOn: Int?
    var endsAt: String?
}

extension RowParser {
    /// The columns of the schedule, if they make one together.
    fileprivate mutating func schedule(_ fields: inout RowFields) -> ScheduleColumns? {
        let anchor = localTime("anchor", &fields, isNeeded: true)
        let trialEnd = localTime("trial_end", &fields, isNeeded: false)
        let endsAt = localTime("ends_at", &fields, isNeeded: false)
        let billOn = fields.integer("bill_on", 1...31, isNeeded: false).map { Int($0) }
        let zone = zone("time_zone", &fields, isNeeded: true)
        guard let interval = interval(&fields), let anchor, let zone else { return nil }
        do {
            _ = try BillingSchedule(
                anchor: anchor.value, interval: interval, zone: zone, billOn: billOn, trialEnd: trialEnd?.value,
                endsAt: endsAt?.value)
        } catch {
            return fields.refuse(error.field ?? "anchor", error.text)
        }
        return ScheduleColumns(
            anchor: anchor.text, interval: interval, zone: zone, trialEnd: trialEnd?.text, billOn: billOn,
            endsAt: endsAt?.text)
    }

    private func interval(_ fields: inout RowFields) -> BillingInterval? {
        let name = fields.text("interval", isNeeded: true, bytesMax: 100)
        let count = fields.integer("interval_count", 1...Int64(Int32.max))
        guard let name else { return nil }
        guard let unit = BillingInterval.Unit(rawValue: name) else {
            return fields.refuse("interval", "\(shown(name)) is not one of day, week, month, year")
        }
        guard let count else { return nil }
        do {
            return try BillingInterval(unit: unit, count: Int(count))
        } catch {
            return fields.refuse(error.field ?? "interval_count", error.text)
        }
    }

    private func localTime(
        _ column: String, _ fields: inout RowFields, isNeeded: Bool
    ) -> (text: String, value: LocalDateTime)? {
        guard let text = fields.text(column, isNeeded: isNeeded, bytesMax: 100) else { return nil }
        guard let value = LocalDateTime(text) else {
            let reason = "\(shown(text)) is not a local date or time such as 2024-01-31 or 2024-01-31T09:00:00;"
            return fields.refuse(column, reason + " the zone goes into time_zone")
        }
        return (text, value)
    }
}
