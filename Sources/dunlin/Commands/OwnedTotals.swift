import DunlinCore
import DunlinDatabase
import DunlinLedger

/// How many subscriptions are active and what one period of each costs, per currency in major units: where a price in
/// the wrong unit shows.
struct OwnedTotals: Sendable {
    private(set) var active: [Currency: Int] = [:]
    /// nil once a sum did not fit.
    private var sums: [Currency: Money?] = [:]
    /// Rows whose currency is none, or whose price does not fit.
    private(set) var unreadable = 0

    private static let rowsPerPage = 1_000

    static func read(_ tx: Transaction) throws -> OwnedTotals {
        var totals = OwnedTotals()
        var last: String?
        while true {
            let page = try Subscriptions.page(after: last, limit: rowsPerPage, tx)
            for subscription in page { totals.add(subscription) }
            guard page.count == rowsPerPage, let end = page.last else { return totals }
            last = end.id
        }
    }

    var lines: [String] {
        active.keys.sorted().map { currency in
            let sum = (sums[currency] ?? nil).map(\.description) ?? "too large a sum of \(currency)"
            return "\((active[currency] ?? 0).counted("active subscription")), one period of each: \(sum)"
        }
    }

    private mutating func add(_ subscription: Subscription) {
        guard subscription.status == .active else { return }
        guard let currency = Currency(subscription.currency),
            let price = Money(minorUnits: subscription.amountMinor, currency: currency)
                .multiplied(by: Int64(subscription.quantity))
        else {
            unreadable += 1
            return
        }
        active[currency, default: 0] += 1
        let sum = sums[currency, default: Money(minorUnits: 0, currency: currency)]
        sums[currency] = .some(sum?.adding(price))
    }
}
