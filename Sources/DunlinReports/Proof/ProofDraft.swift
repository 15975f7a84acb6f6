/// A proof in the making: what was looked at and what was found, per promise.
struct ProofDraft {
    let options: ProofOptions
    private var checked: [PromiseID: Int64] = [:]
    private var counts: [PromiseID: Int64] = [:]
    private var kept: [PromiseID: [Violation]] = [:]
    private var keptOfRule: [String: Int] = [:]

    init(options: ProofOptions) { self.options = options }

    mutating func count(_ promise: PromiseID, _ number: Int64 = 1) { checked[promise, default: 0] += number }

    /// - Parameters:
    ///   - sentence: what is wrong, without ids and full stop.
    ///   - ids: names and values, in the order of the text.
    ///   - namesIDs: false where the sentence does already.
    mutating func violation(
        _ promise: PromiseID, _ rule: String, _ sentence: String, ids: [(name: String, value: String)],
        namesIDs: Bool = true
    ) {
        counts[promise, default: 0] += 1
        let key = promise.rawValue + "/" + rule
        guard keptOfRule[key, default: 0] < options.violationsMax else { return }
        keptOfRule[key, default: 0] += 1
        let named =
            !namesIDs ? [] : ids.map { "\($0.name.replacing("_id", with: "").replacing("_", with: " ")) \($0.value)" }
        let text = named.isEmpty ? sentence : "\(sentence): \(named.joined(separator: ", "))"
        kept[promise, default: []].append(
            Violation(rule: rule, text: text, ids: Dictionary(ids.map { ($0.name, $0.value) }) { first, _ in first }))
    }

    func proof(
        unknown: UnknownAttempts, overdue: OverdueJobs, compared: [ProofComparison]
    ) -> Proof {
        let promises = PromiseID.allCases.map { id in
            PromiseProof(
                id: id, text: id.text, checked: checked[id] ?? 0, violationCount: counts[id] ?? 0,
                violations: kept[id] ?? [], provenBy: id.provenBy)
        }
        return Proof(
            ok: counts.isEmpty, promises: promises, unknown: unknown.count,
            oldestUnknownSeconds: unknown.oldestSeconds, overdueJobs: overdue.count,
            oldestOverdueJobSeconds: overdue.oldestSeconds, compared: compared)
    }
}
