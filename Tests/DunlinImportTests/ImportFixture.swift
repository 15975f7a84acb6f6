import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinImport
import DunlinLedger
import DunlinTesting
import Foundation

/// A folder for files and an empty database to import them into.
final class ImportFixture: Sendable {
    let folder: TemporaryFolder
    let database: Database
    let limits: ImportLimits
    /// 2026-03-10T12:00:00Z
    let now = Instant(seconds: 1_773_144_000)

    init(limits: ImportLimits = ImportLimits()) throws {
        folder = try TemporaryFolder()
        database = try TemporaryDatabase.inMemory(Ledger.migrations)
        self.limits = limits
    }

    var importer: Importer {
        Importer(database: database, gateways: importerGateways, limits: limits, temporaryFolder: folder.path)
    }

    /// Two gateways that take euros and dollars from half a unit on.
    var importerGateways: [String: GatewayCurrencies] {
        let row = GatewayCurrencies.Row(digits: 2, minimum: 50)
        let currencies = GatewayCurrencies(
            Dictionary(uniqueKeysWithValues: ["EUR", "USD"].compactMap { Currency($0) }.map { ($0, row) }))
        return ["stripe": currencies, "wooshpay": currencies]
    }

    func file(_ name: String, _ text: String) throws -> ImportSource { try file(name, bytes: Array(text.utf8)) }

    func file(_ name: String, bytes: [UInt8]) throws -> ImportSource {
        try Data(bytes).write(to: URL(filePath: folder.file(name)))
        return .file(folder.file(name))
    }

    /// The path of a new file of this text.
    func save(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: folder.file(name)))
        return folder.file(name)
    }

    /// Imports files of these texts, by the tables they are for.
    @discardableResult
    func apply(_ texts: [ImportTable: String], suffix: String = "csv") async throws -> ImportResult {
        try await importer.apply(sources(texts, suffix: suffix), now: now)
    }

    func plan(_ texts: [ImportTable: String], suffix: String = "csv") async throws -> ImportResult {
        try await importer.plan(sources(texts, suffix: suffix), now: now)
    }

    func sources(_ texts: [ImportTable: String], suffix: String) throws -> [ImportSource] {
        try texts.map { try file("\($0.key.rawValue).\(suffix)", $0.value) }
    }

    /// The problems of importing one row of `table` with these values in place of good ones, after one customer with
    /// one card and one subscription was imported. Each is `column: reason`.
    func problems(_ table: ImportTable, _ values: [String: String]) async throws -> [String] {
        try await apply(ImportFixture.basis)
        let result = try await apply([table: ImportFixture.csv(table, [values])])
        return result.problems.listed.map { "\($0.column ?? "-"): \($0.reason)" }
    }

    /// A customer, a card and a subscription.
    static var basis: [ImportTable: String] {
        [.customers: csv(.customers), .paymentMethods: csv(.paymentMethods), .subscriptions: csv(.subscriptions)]
    }

    /// A CSV file of good rows, each with some values in place of the good ones.
    static func csv(_ table: ImportTable, _ rows: [[String: String]] = [[:]]) -> String {
        let columns = table.requiredColumns + table.optionalColumns
        let lines = rows.map { row in columns.map { quoted(row[$0] ?? good(table)[$0] ?? "") }.joined(separator: ",") }
        return ([columns.joined(separator: ",")] + lines).joined(separator: "\n") + "\n"
    }

    static func quoted(_ value: String) -> String {
        guard value.contains(where: { "\",\r\n".contains($0) || $0.isNewline }) else { return value }
        return "\"" + value.replacing("\"", with: "\"\"") + "\""
    }

    private static func good(_ table: ImportTable) -> [String: String] {
        switch table {
        case .customers:
            [
                "id": "c-1", "gateway": "stripe", "gateway_customer_id": "cus_1", "email": "ann@example.com",
                "name": "Ann", "country": "DE", "time_zone": "Europe/Berlin",
            ]
        case .paymentMethods:
            [
                "id": "m-1", "customer_id": "c-1", "gateway_payment_method_id": "pm_1", "type": "card",
                "brand": "visa", "last4": "0042", "exp_month": "08", "exp_year": "2031", "is_default": "1",
                "is_backup": "0",
            ]
        case .subscriptions:
            [
                "id": "s-1", "customer_id": "c-1", "payment_method_id": "m-1", "plan": "basic",
                "amount_minor": "1200", "currency": "EUR", "quantity": "1", "interval": "month",
                "interval_count": "1", "anchor": "2026-01-31", "time_zone": "Europe/Berlin",
                "cancel_at_period_end": "0", "status": "active",
            ]
        case .adjustments:
            ["id": "a-1", "subscription_id": "s-1", "amount_minor": "-200", "currency": "EUR", "reason": "sorry"]
        }
    }

    func subscription(_ id: String = "s-1") async throws -> Subscription? {
        try await database.read { tx in try Subscriptions.find(id, tx) }
    }

    /// The rows of all of the owner's tables together.
    func rowCount() async throws -> Int {
        try await database.read { tx in
            try Customers.count(tx) + PaymentMethods.count(tx) + Subscriptions.count(tx)
                + Adjustments.page(after: nil, limit: 1_000_000, tx).count
        }
    }
}
