import ArgumentParser
import DunlinSandbox

extension FaultRule {
    /// One rule, or several for `usual`.
    static func arguments(_ text: String) throws -> [FaultRule] { text == "usual" ? usual : [try argument(text)] }

    /// `drop_after`, `drop_after:first` or `drop_after:20000`; only requests that write are hit.
    static func argument(_ text: String) throws -> FaultRule {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let kind = try parts.first.flatMap { Kind(rawValue: $0) }.orRefuse("has an unknown kind")
        var rule = FaultRule(kind, method: "POST")
        if parts.count == 2 {
            let rate = UInt64(parts[1])
            guard parts[1] == "first" || rate.map({ $0 <= 1_000_000 }) == true else {
                throw ValidationError("expects KIND, KIND:first or KIND:RATE with a rate in a million")
            }
            rule.frequency = rate.map { .perMillion($0) } ?? .firstOfEach
        }
        if kind == .latency { rule.delayMilliseconds = 200 }
        return rule
    }
}

/// `lost:10000`, or `usual` for all of them as to be expected in the field.
struct WebhookFaultArgument: Sendable {
    private let named: NamedShare?

    init(_ text: String) throws {
        named = text == "usual" ? nil : try NamedShare(text)
        var faults = WebhookFaults()
        guard let named else { return }
        guard faults.set(named.name, named.share) else { throw ValidationError("has an unknown name") }
    }

    func apply(to faults: inout WebhookFaults) {
        if let named { _ = faults.set(named.name, named.share) } else { faults = .usual }
    }
}

/// `credit_decline:80000`.
struct StatisticArgument: Sendable {
    private let named: NamedShare

    init(_ text: String) throws {
        named = try NamedShare(text)
        var profile = StatisticalProfile()
        guard profile.set(named.name, named.share) else { throw ValidationError("has an unknown name") }
    }

    func apply(to profile: inout StatisticalProfile) { _ = profile.set(named.name, named.share) }
}

/// `NAME:SHARE`, a share in a million.
private struct NamedShare: Sendable {
    let name: String
    let share: UInt64

    init(_ text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let share = UInt64(parts[1]), share <= 1_000_000 else {
            throw ValidationError("expects NAME:RATE with a rate in a million")
        }
        name = String(parts[0])
        self.share = share
    }
}
