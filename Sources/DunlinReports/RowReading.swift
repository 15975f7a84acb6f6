import DunlinCalendar
import DunlinCore
import DunlinDatabase

extension Row {
    /// A local date stored as text.
    func date(_ column: String) throws -> LocalDate {
        let text: String = try get(column)
        guard let date = LocalDate(text) else {
            throw ReportError(.unreadable, "column \(column) holds \(text), which is no date; run dunlin prove")
        }
        return date
    }

    func optionalDate(_ column: String) throws -> LocalDate? {
        let text: String? = try get(column)
        return text.flatMap { LocalDate($0) }
    }

    /// The currency of the row.
    func currency(_ column: String = "currency") throws -> Currency {
        let code: String = try get(column)
        guard let currency = Currency(code) else {
            throw ReportError(.unreadable, "column \(column) holds \(code), which is no currency; run dunlin prove")
        }
        return currency
    }

    func money(_ column: String, _ currency: Currency) throws -> Money {
        Money(minorUnits: try get(column), currency: currency)
    }
}
