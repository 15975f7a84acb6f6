import DunlinCalendar
import DunlinCore
import DunlinLedger

/// A row of a file as the row of a table that it will be.
enum OwnerRow: Sendable {
    case customer(Customer)
    case paymentMethod(PaymentMethod)
    case subscription(Subscription)
    case adjustment(Adjustment)

    var id: String {
        switch self {
        case .customer(let row): row.id
        case .paymentMethod(let row): row.id
        case .subscription(let row): row.id
        case .adjustment(let row): row.id
        }
    }
}

/// Judges rows by themselves: everything that can be said without the database.
struct RowParser {
    let table: ImportTable
    let file: String
    /// The names of the gateways in the settings.
    let gatewayNames: Set<String>
    private let columnOf: [String: Int]
    /// Zones that were looked up, since few are used and each look-up costs.
    private var zones: [String: Zone] = [:]

    init(table: ImportTable, file: String, gatewayNames: Set<String>) {
        self.table = table
        self.file = file
        self.gatewayNames = gatewayNames
        columnOf = Dictionary(uniqueKeysWithValues: table.columns.enumerated().map { ($1, $0) })
    }

    func fields(_ row: InputRow) -> RowFields { RowFields(row, table: table, columnOf: columnOf, file: file) }

    /// The row, or nil when `fields.problems` says what is wrong with it.
    mutating func parse(_ fields: inout RowFields) -> OwnerRow? {
        switch table {
        case .customers: customer(&fields).map(OwnerRow.customer)
        case .paymentMethods: paymentMethod(&fields).map(OwnerRow.paymentMethod)
        case .subscriptions: subscription(&fields).map(OwnerRow.subscription)
        case .adjustments: adjustment(&fields).map(OwnerRow.adjustment)
        }
    }

    mutating func zone(_ column: String, _ fields: inout RowFields, isNeeded: Bool) -> Zone? {
        guard let name = fields.text(column, isNeeded: isNeeded, bytesMax: 100) else { return nil }
        if let known = zones[name] { return known }
        guard let zone = Zone(name) else {
            return fields.refuse(
                column, "\(shown(name)) is not a time zone of the IANA database, such as Europe/Berlin")
        }
        zones[name] = zone
        return zone
    }

    func currency(_ fields: inout RowFields) -> Currency? {
        guard let code = fields.text("currency", isNeeded: true, bytesMax: 100) else { return nil }
        guard let currency = Currency(code) else {
            return fields.refuse("currency", "\(shown(code)) is not a currency of ISO 4217, such as EUR")
        }
        return currency
    }

    private mutating func customer(_ fields: inout RowFields) -> Customer? {
        let id = fields.identifier("id")
        let gateway = gateway(&fields)
        let gatewayCustomerID = fields.gatewayID("gateway_customer_id")
        let (email, name) = (fields.text("email"), fields.text("name"))
        let (country, locale) = (fields.text("country", bytesMax: 100), fields.text("locale", bytesMax: 100))
        let zone = zone("time_zone", &fields, isNeeded: false)
        guard let id, let gateway, let gatewayCustomerID, fields.problems.isEmpty else { return nil }
        return Customer(
            id: id, gateway: gateway, gatewayCustomerID: gatewayCustomerID, email: email, name: name, country: country,
            timeZone: zone?.identifier, locale: locale)
    }

    private func gateway(_ fields: inout RowFields) -> String? {
        guard let name = fields.text("gateway", isNeeded: true, bytesMax: 100) else { return nil }
        guard gatewayNames.contains(name) else {
            let known = gatewayNames.sorted().joined(separator: ", ")
            return fields.refuse("gateway", "\(shown(name)) is not a gateway of the settings (\(known))")
        }
        return name
    }

    private func paymentMethod(_ fields: inout RowFields) -> PaymentMethod? {
        let (id, customerID) = (fields.identifier("id"), fields.identifier("customer_id"))
        let gatewayID = fields.gatewayID("gateway_payment_method_id")
        let type = fields.text("type", isNeeded: true, bytesMax: 100)
        let (brand, last4) = (fields.text("brand", bytesMax: 100), lastFour(&fields))
        let expMonth = fields.integer("exp_month", 1...12, isNeeded: false)
        let expYear = fields.integer("exp_year", 2000...2199, isNeeded: false, hint: "give four digits")
        let (isDefault, isBackup) = (fields.flag("is_default"), fields.flag("is_backup"))
        let (consentAt, fingerprint) = (consent(&fields), fields.text("fingerprint", bytesMax: 255))
        let (country, funding) = (fields.text("country", bytesMax: 100), fields.text("funding", bytesMax: 100))
        guard let id, let customerID, let gatewayID, let type, let isDefault, let isBackup, fields.problems.isEmpty
        else { return nil }
        return PaymentMethod(
            id: id, customerID: customerID, gatewayPaymentMethodID: gatewayID, type: type, brand: brand, last4: last4,
            expMonth: expMonth.map { Int($0) }, expYear: expYear.map { Int($0) }, isDefault: isDefault,
            isBackup: isBackup, consentAt: consentAt, fingerprint: fingerprint, country: country, funding: funding)
    }

    private func lastFour(_ fields: inout RowFields) -> String? {
        guard let text = fields.text("last4", bytesMax: 100) else { return nil }
        guard text.utf8.count == 4, text.utf8.allSatisfy(\.isDigit) else {
            return fields.refuse("last4", "\(shown(text)) is not four digits; a spreadsheet may have cut leading zeros")
        }
        return text
    }

    /// Kept as written, since it is evidence; it only has to begin with a date.
    private func consent(_ fields: inout RowFields) -> String? {
        guard let text = fields.text("consent_at", bytesMax: 40) else { return nil }
        guard LocalDate(String(text.prefix(10))) != nil else {
            return fields.refuse("consent_at", "\(shown(text)) does not begin with a date such as 2024-01-31")
        }
        return text
    }

    private func adjustment(_ fields: inout RowFields) -> Adjustment? {
        let (id, subscriptionID) = (fields.identifier("id"), fields.identifier("subscription_id"))
        let amount = fields.integer("amount_minor", Int64.min...Int64.max, hint: RowParser.minorUnitsHint)
        if amount == 0 { fields.refuse("amount_minor", "must not be 0", as: Int.self) }
        let currency = currency(&fields)
        let reason = fields.text("reason", isNeeded: true)
        let period = fields.text("apply_to_period", bytesMax: 100)
        if let period, LocalDate(period) == nil {
            let reason = "\(shown(period)) is not a date such as 2024-01-31: the local start date of the period"
            fields.refuse("apply_to_period", reason, as: Int.self)
        }
        guard let id, let subscriptionID, let amount, let currency, let reason, fields.problems.isEmpty else {
            return nil
        }
        return Adjustment(
            id: id, subscriptionID: subscriptionID, amountMinor: amount, currency: currency.code, reason: reason,
            applyToPeriod: period)
    }

    static let minorUnitsHint = "give minor units without a point: 1200 for 12.00 EUR"
}
