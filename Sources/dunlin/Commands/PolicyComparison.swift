import DunlinCore
import DunlinSimulation

/// Policies side by side, as `dunlin demo --policy` shows them. Fields are added, never renamed.
struct PolicyComparison: Encodable {
    struct Part: Encodable {
        let count: Int
        let amountMinor: Int64
        /// Major units.
        let amount: String
    }

    struct CurrencyResult: Encodable {
        let currency: String
        let failed: Part
        let recovered: Part
        let lost: Part
        let inDunning: Part
    }

    struct PolicyResult: Encodable {
        let policy: String
        let failed: Int
        let recovered: Int
        let lost: Int
        let inDunning: Int
        /// All currencies at the sample's own prices.
        let failedEuroCents: Int64
        let recoveredEuroCents: Int64
        let lostEuroCents: Int64
        /// Recovered amount of what has ended, recovered or lost.
        let recoveredPercent: String
        /// Of the recovered debts.
        let withinTenDaysPercent: String
        /// First tries and all that follow.
        let tries: Int
        let declinedTries: Int
        let retries: Int
        /// Declines that rule a card out for good.
        let finalDeclines: Int
        let forbiddenRetries: Int
        let overNetworkLimit: Int
        let networkFeesUsd: String
        let doubleCharges: Int
        let proofOk: Bool
        let currencies: [CurrencyResult]
    }

    /// What networks are said to charge for a retry of what they ruled out, and for one above a limit, in US cents.
    private static let feeAfterFinalCents = 10
    private static let feeOverLimitCents = 30

    let subscriptions: Int
    let days: Int
    let seed: UInt64
    let policies: [PolicyResult]

    init(_ results: [PolicyYear.Result], subscriptions: Int, days: Int, seed: UInt64) {
        self.subscriptions = subscriptions
        self.days = days
        self.seed = seed
        policies = results.map(PolicyResult.init)
    }

    /// True when no policy broke a promise or a network's rule.
    var isSound: Bool {
        policies.allSatisfy {
            $0.proofOk && $0.doubleCharges == 0 && $0.forbiddenRetries == 0 && $0.overNetworkLimit == 0
        }
    }

    // MARK: - For people

    func lines(_ output: Output) -> [String] {
        let intro = """
            The same \(subscriptions) subscriptions for \(days) days under each policy (seed \(seed)); cards and \
            customers behave as published figures say.
            """
        let formula = """
            recovered % = amount paid after a failed first try, of what was paid or lost; debts still in dunning are \
            left out. Amounts of all currencies at the sample's own prices, in euros.
            """
        return [intro, ""] + output.lines(of: summary) + [""] + output.lines(of: byCurrency) + ["", formula, fees]
    }

    private var fees: String {
        let rule = """
            Network fees: about 0.10 USD for each retry of a card that was ruled out, 0.30 USD for one above a \
            network's limit.
            """
        guard policies.allSatisfy({ $0.forbiddenRetries == 0 && $0.overNetworkLimit == 0 }) else { return rule }
        return rule + " None here: Dunlin makes neither, whatever a policy says."
    }

    private var summary: Table {
        var table = Table([.left("")] + policies.map { .right($0.policy) })
        func row(_ title: String, _ cell: (PolicyResult) -> String) { table.add([title] + policies.map(cell)) }
        func euros(_ cents: Int64) -> String { "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)" }
        row("failed first tries") { "\($0.failed)" }
        row("recovered") { "\($0.recovered)" }
        row("lost") { "\($0.lost)" }
        row("in dunning") { "\($0.inDunning)" }
        row("failed amount") { euros($0.failedEuroCents) }
        row("recovered amount") { euros($0.recoveredEuroCents) }
        row("lost amount") { euros($0.lostEuroCents) }
        row("recovered %") { $0.recoveredPercent }
        row("of it within 10 days %") { $0.withinTenDaysPercent }
        row("tries") { "\($0.tries)" }
        row("declined tries") { "\($0.declinedTries)" }
        row("retries") { "\($0.retries)" }
        row("retries per recovered debt") { $0.recovered == 0 ? "-" : Self.tenths($0.retries, per: $0.recovered) }
        row("cards ruled out") { "\($0.finalDeclines)" }
        row("forbidden retries") { "\($0.forbiddenRetries)" }
        row("over a network's limit") { "\($0.overNetworkLimit)" }
        row("network fees USD") { $0.networkFeesUsd }
        row("promises") { $0.proofOk ? "kept" : "BROKEN" }
        return table
    }

    private static func tenths(_ count: Int, per other: Int) -> String {
        "\(count * 10 / other / 10).\(count * 10 / other % 10)"
    }

    private var byCurrency: Table {
        var columns: [Table.Column] = [.left("CURRENCY")]
        for policy in policies {
            columns += ["FAILED", "RECOVERED", "LOST"].map { .right("\($0) \(policy.policy)") }
        }
        var table = Table(columns)
        for code in Set(policies.flatMap { $0.currencies.map(\.currency) }).sorted() {
            var cells = [code]
            for policy in policies {
                let found = policy.currencies.first { $0.currency == code }
                cells += [found?.failed, found?.recovered, found?.lost].map { $0?.amount ?? "0" }
            }
            table.add(cells)
        }
        return table
    }
}

extension PolicyComparison.PolicyResult {
    fileprivate init(_ result: PolicyYear.Result) {
        func sum(_ part: KeyPath<Recovery, Recovery.Part>) -> Int {
            result.recoveries.reduce(0) { $0 + $1[keyPath: part].count }
        }
        policy = result.policy
        failed = sum(\.failed)
        recovered = sum(\.recovered)
        lost = sum(\.lost)
        inDunning = sum(\.open)
        failedEuroCents = result.share.failedEuroCents
        recoveredEuroCents = result.share.recoveredEuroCents
        lostEuroCents = result.share.lostEuroCents
        recoveredPercent = Self.percent(permille: Int(result.share.permille))
        withinTenDaysPercent = Self.percent(
            permille: sum(\.recovered) == 0 ? 0 : result.recoveredWithinTenDays * 1000 / sum(\.recovered))
        tries = result.summary.attempted
        declinedTries = result.summary.declined + result.summary.needsCustomer
        retries = result.retries
        finalDeclines = result.finalDeclines
        forbiddenRetries = result.retriesAfterFinal
        overNetworkLimit = result.chargesOverLimit
        networkFeesUsd = PolicyComparison.fees(result)
        doubleCharges = result.doubleCharges
        proofOk = result.isProven
        currencies = result.recoveries.map { recovery in
            PolicyComparison.CurrencyResult(
                currency: recovery.currency.code, failed: .init(recovery.failed), recovered: .init(recovery.recovered),
                lost: .init(recovery.lost), inDunning: .init(recovery.open))
        }
    }

    private static func percent(permille: Int) -> String { "\(permille / 10).\(permille % 10)" }
}

extension PolicyComparison {
    fileprivate static func fees(_ result: PolicyYear.Result) -> String {
        let cents = result.retriesAfterFinal * feeAfterFinalCents + result.chargesOverLimit * feeOverLimitCents
        return "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }
}

extension PolicyComparison.Part {
    fileprivate init(_ part: Recovery.Part) {
        count = part.count
        amountMinor = part.amount.minorUnits
        amount = part.amount.majorUnits
    }
}
