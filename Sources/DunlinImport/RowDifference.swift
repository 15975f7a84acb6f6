import DunlinCore
import DunlinLedger

/// What changes in one stored row.
public struct RowDifference: Hashable, Sendable, CustomStringConvertible {
    public struct Column: Hashable, Sendable {
        public let name: String
        /// Nil for no value. Amounts are in major units.
        public let old: String?
        public let new: String?
    }

    public let table: ImportTable
    public let id: String
    public let columns: [Column]

    /// `subscriptions s-1: amount_minor 12.00 EUR -> 15.00 EUR, status active -> paused`
    public var description: String {
        let parts = columns.map { "\($0.name) \(RowDifference.word($0.old)) -> \(RowDifference.word($0.new))" }
        return "\(table.rawValue) \(shown(id)): \(parts.joined(separator: ", "))"
    }

    private static func word(_ value: String?) -> String { value.map(shown) ?? "(empty)" }

    init?(_ table: ImportTable, from old: OwnerRow, to new: OwnerRow) {
        self.table = table
        id = new.id
        columns = zip(old.shownColumns, new.shownColumns).compactMap { old, new in
            old.value == new.value ? nil : Column(name: old.name, old: old.value, new: new.value)
        }
        if columns.isEmpty { return nil }
    }
}

extension OwnerRow {
    /// Every column but the id, as people read it.
    fileprivate var shownColumns: [(name: String, value: String?)] {
        switch self {
        case .customer(let row): row.shownColumns
        case .paymentMethod(let row): row.shownColumns
        case .subscription(let row): row.shownColumns
        case .adjustment(let row): row.shownColumns
        }
    }
}

private func major(_ minorUnits: Int64, _ currency: String) -> String {
    Currency(currency).map { Money(minorUnits: minorUnits, currency: $0).description } ?? "\(minorUnits) \(currency)"
}

extension Customer {
    fileprivate var shownColumns: [(name: String, value: String?)] {
        [
            ("gateway", gateway), ("gateway_customer_id", gatewayCustomerID), ("email", email), ("name", name),
            ("country", country), ("time_zone", timeZone), ("locale", locale),
        ]
    }
}

extension PaymentMethod {
    fileprivate var shownColumns: [(name: String, value: String?)] {
        [
            ("customer_id", customerID), ("gateway_payment_method_id", gatewayPaymentMethodID), ("type", type),
            ("brand", brand), ("last4", last4), ("exp_month", expMonth.map(String.init)),
            ("exp_year", expYear.map(String.init)), ("is_default", String(isDefault)), ("is_backup", String(isBackup)),
            ("consent_at", consentAt), ("fingerprint", fingerprint), ("country", country), ("funding", funding),
        ]
    }
}

extension Subscription {
    fileprivate var shownColumns: [(name: String, value: String?)] {
        [
            ("customer_id", customerID), ("payment_method_id", paymentMethodID), ("plan", plan),
            ("amount_minor", major(amountMinor, currency)), ("quantity", String(quantity)), ("interval", interval),
            ("interval_count", String(intervalCount)), ("anchor", anchor), ("time_zone", timeZone),
            ("trial_end", trialEnd), ("bill_on", billOn.map(String.init)), ("ends_at", endsAt),
            ("cancel_at_period_end", String(cancelAtPeriodEnd)), ("status", status.rawValue), ("bill_from", billFrom),
            ("replaces", replaces), ("parallel", String(parallel)), ("entity", entity),
            ("invoice_number", invoiceNumber), ("on_resume", onResume),
        ]
    }
}

extension Adjustment {
    fileprivate var shownColumns: [(name: String, value: String?)] {
        [
            ("subscription_id", subscriptionID), ("amount_minor", major(amountMinor, currency)), ("reason", reason),
            ("apply_to_period", applyToPeriod),
        ]
    }
}
