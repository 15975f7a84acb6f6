public import DunlinCalendar
public import DunlinLedger

/// Customers, cards and subscriptions such as a company with readers all over the world would have: the one builder
/// for demo, bench and tests.
///
/// The same count, seed and first day give the same rows. Ids at the gateways are made up until `SampleRegistration`
/// has created customers and cards there.
public struct SampleData: Sendable {
    /// A saved card and the token that says how the sandbox's card behaves.
    public struct Card: Sendable {
        public var method: PaymentMethod
        public var token: String
    }

    public internal(set) var customers: [Customer] = []
    public internal(set) var cards: [Card] = []
    public private(set) var subscriptions: [Subscription] = []

    /// - Parameters:
    ///   - count: how many subscriptions; about one customer in ten has two.
    ///   - firstDay: the day before which everybody signed up, but for one in ten, who comes within the year after it.
    public init(subscriptions count: Int, seed: UInt64, firstDay: LocalDate) {
        var builder = SampleBuilder(seed: seed, firstDay: firstDay)
        while subscriptions.count < count {
            let (country, customer) = builder.customer(number: customers.count + 1)
            customers.append(customer)
            cards += builder.cards(of: customer)
            let wanted = builder.chance(percent: 10) ? 2 : 1
            for _ in 0..<min(wanted, count - subscriptions.count) {
                subscriptions.append(
                    builder.subscription(
                        number: subscriptions.count + 1, of: customer, from: country,
                        isSecond: subscriptions.last?.customerID == customer.id))
            }
        }
    }

    public var methods: [PaymentMethod] { cards.map(\.method) }

    /// Turns every card into one that behaves as its token says, and every subscription into an active one of the
    /// interval.
    ///
    /// - Parameter anchor: of all subscriptions; nil leaves each its own.
    public mutating func replaceAll(
        token: String, interval: String, anchor: String? = nil, billFrom: String? = nil
    ) {
        for index in cards.indices { cards[index].token = token }
        for index in subscriptions.indices {
            subscriptions[index].interval = interval
            subscriptions[index].intervalCount = 1
            subscriptions[index].billOn = nil
            subscriptions[index].status = .active
            subscriptions[index].cancelAtPeriodEnd = false
            subscriptions[index].billFrom = billFrom
            guard let anchor else { continue }
            subscriptions[index].anchor = anchor
            subscriptions[index].trialEnd = nil
            subscriptions[index].endsAt = nil
        }
    }

    /// Turns everybody's card into one that behaves as published figures say: five credit cards for two debit cards, so
    /// that of first charges 6 of a hundred are declined with credit and 13 with debit cards (Recurly, 2022), 8 in all.
    ///
    /// Plans, prices, currencies and intervals stay the sample's own: no mix of them is published, and the share of
    /// payments at risk hardly depends on the price (6.4 to 7.9 of a hundred by price band, Recurly). Second cards are
    /// taken away: no share of customers with one is published, and what they bring is the same under each policy. Cards
    /// live two years or longer, so none expires by its date within the year: those that do, and that no updater saved,
    /// are among the reasons for declines already.
    public mutating func makeStatistical() {
        cards.removeAll { !$0.method.isDefault }
        for index in cards.indices {
            cards[index].token = index % 7 < 5 ? "pm_card_statistical" : "pm_card_statistical_debit"
        }
    }

    /// Changes each subscription.
    mutating func change(_ body: (inout Subscription) -> Void) {
        for index in subscriptions.indices { body(&subscriptions[index]) }
    }

    /// Moves every customer to one gateway and every subscription to one price.
    public mutating func moveAll(toGateway gateway: String, currency: String, amountMinor: Int64) {
        for index in customers.indices { customers[index].gateway = gateway }
        for index in subscriptions.indices {
            subscriptions[index].currency = currency
            subscriptions[index].amountMinor = amountMinor
            subscriptions[index].quantity = 1
        }
    }
}
