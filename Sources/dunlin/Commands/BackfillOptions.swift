import ArgumentParser
import DunlinCore

/// The flags of `dunlin run` that settle periods by hand: a plan first, then exactly that plan.
struct BackfillOptions: ParsableArguments {
    @Option(
        help: .init(
            "Print what charging the waiting periods that start within these local dates would do, both included.",
            valueName: "from..to"))
    var backfill: String?

    @Option(help: .init("Only this subscription; repeatable.", valueName: "id"))
    var subscription: [String] = []

    @Option(help: .init("Only subscriptions of this plan.", valueName: "name"))
    var plan: String?

    @Option(
        help: .init("all, latest or record-only. Default: all.", valueName: "policy"),
        transform: { try BackfillPolicy(rawValue: $0).orRefuse("expects one of: all, latest, record-only") })
    var policy: BackfillPolicy?

    @Option(help: .init("How the periods were settled; with --policy record-only.", valueName: "text"))
    var reason: String?

    @Option(help: .init("Write the plan to this new file.", valueName: "file"))
    var out: String?

    @Option(help: .init("Charge exactly the plan in this file.", valueName: "file"))
    var apply: String?

    @Flag(help: "With --apply: leave out lines that no longer hold.")
    var skipChanged = false

    @Option(
        help: .init("With --apply: begin so many charges in a time, such as 60/min.", valueName: "rate"),
        transform: { try ChargeRate($0).orRefuse("expects a rate such as 60/min, 2/s or 500/hour") })
    var maxRate: ChargeRate?

    @Option(
        help: .init(
            "With --apply: refuse a plan of more than this, such as EUR=5000.00; repeatable.", valueName: "amount"),
        transform: { try MaxTotal($0).orRefuse("expects an amount such as EUR=5000.00") })
    var maxTotal: [MaxTotal] = []

    var isGiven: Bool { backfill != nil || apply != nil }

    /// - Throws: a complaint of the argument parser about flags that do not go together.
    func check(once: Bool) throws {
        if backfill != nil, apply != nil { throw ValidationError("--backfill makes a plan and --apply takes one") }
        if once, isGiven { throw ValidationError("--once does not go with --backfill or --apply") }
        let planning = !subscription.isEmpty || plan != nil || policy != nil || reason != nil || out != nil
        if backfill == nil, planning {
            throw ValidationError("--subscription, --plan, --policy, --reason and --out go with --backfill")
        }
        if apply == nil, skipChanged || maxRate != nil || !maxTotal.isEmpty {
            throw ValidationError("--skip-changed, --max-rate and --max-total go with --apply")
        }
        let isBlank = reason?.allSatisfy(\.isWhitespace) ?? true
        if policy == .recordOnly, isBlank {
            throw ValidationError("--policy record-only needs --reason: how were the periods settled?")
        }
        if policy != .recordOnly, reason != nil { throw ValidationError("--reason goes with --policy record-only") }
        let currencies = maxTotal.map(\.money.currency)
        if Set(currencies).count < currencies.count { throw ValidationError("--max-total has a currency twice") }
    }
}

/// `60/min`: how many charges are begun in a time.
struct ChargeRate: Hashable, Sendable {
    let milliseconds: Int64

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let units: [String: Int64] = [
            "s": 1000, "sec": 1000, "second": 1000, "m": 60_000, "min": 60_000, "minute": 60_000, "h": 3_600_000,
            "hour": 3_600_000, "d": 86_400_000, "day": 86_400_000,
        ]
        guard parts.count == 2, let count = Int64(parts[0]), (1...1_000_000).contains(count),
            let unit = units[String(parts[1])]
        else { return nil }
        // Rounded up: never faster than was asked for.
        milliseconds = (unit + count - 1) / count
    }
}

/// `EUR=5000.00`: the most that a plan may come to in a currency.
struct MaxTotal: Hashable, Sendable {
    let money: Money

    init?(_ text: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let currency = Currency(String(parts[0])),
            let money = Money(majorUnits: String(parts[1]), currency: currency), money.minorUnits >= 0
        else { return nil }
        self.money = money
    }
}
