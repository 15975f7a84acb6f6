import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// Which cards running subscriptions are charged on, and how long those are valid.
struct CardsInUse {
    let now: Instant

    /// A running subscription of the customer would be charged on this card now.
    func uses(_ method: PaymentMethod, _ customer: Customer, _ tx: Transaction) throws -> Bool {
        guard method.customerID == customer.id else { return false }
        for id in try NoticeFacts.runningIDs(ofCustomer: customer.id, tx) {
            guard let subscription = try Subscriptions.find(id, tx) else { continue }
            if try card(of: subscription, gateway: customer.gateway, tx)?.id == method.id { return true }
        }
        return false
    }

    /// What the subscription would be charged on now.
    func card(of subscription: Subscription, gateway: String, _ tx: Transaction) throws -> PaymentMethod? {
        try MethodChoice.choose(for: subscription, gateway: gateway, on: subscription.localDate(of: now), tx).method
    }

    /// Whole days until the last day on which the card is valid, where the customer lives; negative afterwards, nil where
    /// no expiry is known.
    func daysLeft(of method: PaymentMethod, _ customer: Customer) -> Int? {
        let zone = customer.timeZone.flatMap { Zone($0) } ?? .utc
        return method.lastValidDay?.days(since: zone.local(of: now).date)
    }
}
