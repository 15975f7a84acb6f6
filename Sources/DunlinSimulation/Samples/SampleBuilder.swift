import DunlinCalendar
import DunlinLedger

/// Draws the rows of a sample, one after the other.
struct SampleBuilder {
    private var generator: SeededGenerator
    private let firstDay: LocalDate

    init(seed: UInt64, firstDay: LocalDate) {
        generator = SeededGenerator(seed: seed)
        self.firstDay = firstDay
    }

    // MARK: - Customers and cards

    mutating func customer(number: Int) -> (SampleCountry, Customer) {
        let isWooshPay = chance(percent: 15)
        let country = weighted(isWooshPay ? SampleCountry.wooshpay : SampleCountry.stripe)
        let given = pick(country.givenNames)
        let family = pick(country.familyNames)
        let id = "c-" + padded(number, 5)
        let customer = Customer(
            id: id, gateway: isWooshPay ? "wooshpay" : "stripe", gatewayCustomerID: "cus_sample\(padded(number, 5))",
            email: "customer\(number)@example.com", name: "\(given) \(family)", country: country.code,
            timeZone: pick(country.zones), locale: country.locale)
        return (country, customer)
    }

    /// The customer's card; one in twelve has another for the day on which it fails.
    mutating func cards(of customer: Customer) -> [SampleData.Card] {
        var cards = [card(weighted(SampleCard.all), of: customer, number: 1)]
        if chance(percent: 8) { cards.append(card(pick(SampleCard.good), of: customer, number: 2)) }
        return cards
    }

    private mutating func card(_ card: SampleCard, of customer: Customer, number: Int) -> SampleData.Card {
        let id = "m-\(customer.id.dropFirst(2))-\(number)"
        let method = PaymentMethod(
            id: id, customerID: customer.id, gatewayPaymentMethodID: "pm_sample\(id.dropFirst(2))", brand: "visa",
            last4: "4242", expMonth: below(12) + 1, expYear: firstDay.year + 1 + below(4), isDefault: number == 1,
            isBackup: number > 1, consentAt: "\(firstDay)T00:00:00Z")
        return SampleData.Card(method: method, token: card.token)
    }

    // MARK: - Subscriptions

    mutating func subscription(
        number: Int, of customer: Customer, from country: SampleCountry, isSecond: Bool
    ) -> Subscription {
        let plan = weighted(SamplePlan.all)
        let anchor = anchor()
        var row = Subscription(
            id: "s-" + padded(number, 5), customerID: customer.id,
            paymentMethodID: chance(percent: 60) ? "m-\(customer.id.dropFirst(2))-1" : nil, plan: plan.name,
            amountMinor: country.price(euroCents: plan.euroCents), currency: country.currency,
            quantity: plan.hasSeats ? Int64(2 + below(20)) : 1, interval: plan.interval.rawValue,
            intervalCount: plan.count, anchor: text(anchor), timeZone: customer.timeZone ?? "UTC", parallel: isSecond)
        if plan.interval == .month, chance(percent: 10) { row.billOn = pick([1, 1, 15, 28, 31]) }
        if chance(percent: 6) { row.trialEnd = trialEnd(after: anchor) }
        if chance(percent: 3) { row.endsAt = firstDay.adding(days: 30 + below(330))?.description }
        if chance(percent: 1) { row.cancelAtPeriodEnd = true }
        if chance(percent: 1) { row.status = .paused }
        if chance(percent: 1) { row.status = .canceled }
        return row
    }

    /// Anchors fall on ends of months and on leap days more often than chance has it: that is where calendars fail.
    private mutating func anchor() -> LocalDateTime {
        var date = firstDay.adding(days: chance(percent: 10) ? below(300) : -1 - below(900)) ?? firstDay
        switch below(100) {
        case 0..<8: date = lastDay(of: date)
        case 8..<11: date = latestLeapDay(before: date)
        default: break
        }
        let time =
            chance(percent: 30) ? pick(["06:00:00", "09:00:00", "09:00:00", "12:30:00", "18:00:00"]) : "00:00:00"
        return LocalDateTime("\(date)T\(time)") ?? LocalDateTime(date: date)
    }

    private func lastDay(of date: LocalDate) -> LocalDate {
        let length = LocalDate.length(ofMonth: date.month, year: date.year)
        return LocalDate(year: date.year, month: date.month, day: length) ?? date
    }

    private func latestLeapDay(before date: LocalDate) -> LocalDate {
        (0...8).lazy.compactMap { LocalDate(year: date.year - $0, month: 2, day: 29) }.first { $0 < date } ?? date
    }

    private mutating func trialEnd(after anchor: LocalDateTime) -> String? {
        anchor.date.adding(days: pick([7, 14, 14, 30])).map { text(LocalDateTime(date: $0, time: anchor.time)) }
    }

    /// A date stands for its midnight.
    private func text(_ local: LocalDateTime) -> String {
        local.time == .midnight ? local.date.description : local.description
    }

    // MARK: - Chance

    mutating func chance(percent: Int) -> Bool { below(100) < percent }

    private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    private mutating func weighted<Element>(_ elements: [(weight: Int, Element)]) -> Element {
        var rest = below(elements.reduce(0) { $0 + $1.weight })
        for (weight, element) in elements {
            if rest < weight { return element }
            rest -= weight
        }
        return elements[0].1
    }

    private func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
