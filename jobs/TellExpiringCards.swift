import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Logging

/// Writes a notice for every card of a running subscription that expires within the days of the default dunning policy: once
/// per card and expiry, however many subscriptions are charged on it.
struct TellExpiringCards: ScheduledJob {
    static let kind = "tell-expiring-cards"
    static let options: [ScheduledOption] = []

    let billing: Billing

    func run(_ run: ScheduledRun) async throws {
        var after: String? = ""
        while let last = after {
            let now = billing.clock.now()
            after = try await billing.database.write(step: "tell-expiring") { tx in
                try run.renew(now: now, tx)
                return try page(after: last, now: now, tx)
            }
        }
    }

    /// - Returns: the last subscription that was looked at; nil when no more are left.
    private func page(after: String, now: Instant, _ tx: Transaction) throws -> String? {
        guard let days = billing.rules.dunning.notices.methodExpiringDays else { return nil }
        let rows = try NoticeFacts.running(after: after, limit: ScheduledRun.batchRows, tx)
        let cards = CardsInUse(now: now)
        for (subscription, gateway) in rows {
            guard let customer = try Customers.find(subscription.customerID, tx),
                let method = try cards.card(of: subscription, gateway: gateway, tx),
                let daysLeft = cards.daysLeft(of: method, customer),
                (0...days).contains(daysLeft)
            else { continue }
            try NoticeWriter(billing: billing, now: now).tellExpiring(method, subscriptionID: subscription.id, tx)
        }
        return rows.last?.subscription.id
    }
}
