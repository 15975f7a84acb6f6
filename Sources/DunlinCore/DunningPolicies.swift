/// All policies by name, and the rules that choose one for a debt.
public struct DunningPolicies: Hashable, Sendable {
    /// What a debt is chosen by.
    public struct Debt: Hashable, Sendable {
        public var plan: String
        /// Of the customer.
        public var country: String?
        public var amount: Money

        public init(plan: String, country: String?, amount: Money) {
            self.plan = plan
            self.country = country
            self.amount = amount
        }
    }

    /// One line of `choose`: every condition that is given must hold.
    public struct Rule: Hashable, Sendable {
        public var policy: String
        public var plan: String?
        public var country: String?
        public var currency: Currency?
        public var amountAtLeast: Money?
        public var amountBelow: Money?

        public init(
            policy: String, plan: String? = nil, country: String? = nil, currency: Currency? = nil,
            amountAtLeast: Money? = nil, amountBelow: Money? = nil
        ) {
            self.policy = policy
            self.plan = plan
            self.country = country
            self.currency = currency
            self.amountAtLeast = amountAtLeast
            self.amountBelow = amountBelow
        }

        func fits(_ debt: Debt) -> Bool {
            let amount = debt.amount
            if let plan, plan != debt.plan { return false }
            if let country, country != debt.country?.uppercased() { return false }
            if let currency, currency != amount.currency { return false }
            if let least = amountAtLeast,
                least.currency != amount.currency || amount.minorUnits < least.minorUnits
            {
                return false
            }
            guard let limit = amountBelow else { return true }
            return limit.currency == amount.currency && amount.minorUnits < limit.minorUnits
        }
    }

    /// The first rule that fits wins.
    public var rules: [Rule]
    private var byName: [String: DunningPolicy]

    /// - Parameter policies: one of them is `default`; without it the least that works takes that name.
    public init(_ policies: [DunningPolicy], rules: [Rule] = []) {
        byName = Dictionary(policies.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        self.rules = rules
    }

    public var names: [String] { byName.keys.sorted() }

    public var `default`: DunningPolicy {
        get { byName[DunningPolicy.defaultName] ?? DunningPolicy() }
        set { byName[DunningPolicy.defaultName] = newValue }
    }

    /// The policy of this name; nil where there is none.
    public subscript(name: String) -> DunningPolicy? { byName[name] }

    /// The name of the policy for a new debt.
    public func choose(for debt: Debt) -> String {
        rules.first { $0.fits(debt) }?.policy ?? DunningPolicy.defaultName
    }

    /// The policy that an invoice was given when its dunning began. One whose policy is gone from the file goes on under
    /// `default`: dunning does not stop because a file was edited.
    public func policy(named name: String?) -> DunningPolicy { name.flatMap { byName[$0] } ?? self.default }
}
