extension DeclineTable {
    public var rowCount: Int { rows.count }

    /// What `dunlin check` says about the table: codes that gateways and networks are known to send and that have no
    /// row, rows that make a final decline one that may be retried, and rows that contradict each other.
    ///
    /// - Parameter reviewed: the table that the program comes with, which has every code that is known.
    public func gaps(comparedWith reviewed: DeclineTable) -> [String] {
        missing(from: reviewed) + loosened(from: reviewed) + contradictions
    }

    private func missing(from reviewed: DeclineTable) -> [String] {
        let here = Set(rows.map(\.key))
        let lacking = reviewed.rows.filter { !here.contains($0.key) }
        return lacking.map { "no row for \($0.name): it is taken for \(unknown.declineClass.rawValue)" }
    }

    /// What networks and gateways rule out is not a matter of taste.
    private func loosened(from reviewed: DeclineTable) -> [String] {
        let ruled = Dictionary(reviewed.rows.map { ($0.key, $0.class) }, uniquingKeysWith: { first, _ in first })
        return rows.compactMap { row in
            guard let theirs = ruled[row.key], !theirs.mayRetry, row.class.mayRetry else { return nil }
            return "\(row.name) is \(row.class.rawValue) here, and \(theirs.rawValue) by \(row.source): "
                + "a card that is ruled out would be tried again"
        }
    }

    /// The same word as decline code and as error code, once to be retried and once not.
    private var contradictions: [String] {
        let declineCodes = rows.filter { $0.kind == .declineCode }
        let byCode = Dictionary(grouping: rows.filter { $0.kind == .errorCode }) { "\($0.gateway) \($0.code)" }
        return declineCodes.compactMap { row in
            guard let other = byCode["\(row.gateway) \(row.code)"]?.first, other.class.mayRetry != row.class.mayRetry
            else { return nil }
            return "\(row.name) contradicts itself: \(row.class.rawValue) as a decline code, "
                + "\(other.class.rawValue) as an error code"
        }
    }
}

extension DeclineRow {
    /// `stripe decline_code lost_card`, `mastercard network_advice_code 03`.
    fileprivate var name: String { "\(brand ?? gateway) \(kind.rawValue) \(code)" }
}

extension DunningPolicies {
    /// What is allowed but most likely not meant.
    public var warnings: [String] {
        names.compactMap { self[$0] }.flatMap { policy -> [String] in
            policy.warnings.map { "policies.\(policy.name): \($0)" }
        }
    }
}

extension DunningPolicy {
    fileprivate var warnings: [String] {
        DeclineClass.allCases.compactMap { declineClass in
            let rule = rule(declineClass)
            if declineClass.mayRetry, rule.triesMax > triesMax {
                return
                    "\(declineClass.rawValue) has \(rule.triesMax.counted("try", "tries")), and tries_max allows \(triesMax)"
            }
            guard let last = notices.lastNoticeSeconds, let grace = rule.graceSeconds, grace > 0, last >= grace
            else { return nil }
            return "the last notice is due before the grace of \(declineClass.rawValue) begins: it is not sent"
        }
    }
}
