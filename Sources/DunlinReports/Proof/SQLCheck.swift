import DunlinDatabase

/// A rule that one query shows: its rows are the violations, its columns the ids that name them.
struct SQLCheck: Sendable {
    let promise: PromiseID
    let rule: String
    /// What is wrong with each row that is found.
    let sentence: String
    /// Counts the rows that were looked at; nil where another rule has counted them.
    var counting: String?
    let finding: String
    /// The columns of `finding`, in its order.
    let ids: [String]
    /// The arguments of `finding`.
    var arguments: @Sendable (ProofOptions) -> [(any ColumnValue)?] = { _ in [] }

    func run(_ tx: Transaction, _ draft: inout ProofDraft) throws {
        if let counting { draft.count(promise, try tx.value(counting) ?? 0) }
        try tx.forEach(finding, arguments: arguments(draft.options)) { row in
            let found = try ids.enumerated().compactMap { index, name in
                try Self.text(row.get(index)).map { (name: name, value: $0) }
            }
            draft.violation(promise, rule, sentence, ids: found)
        }
    }

    private static func text(_ value: Value) -> String? {
        switch value {
        case .null, .blob, .real: nil
        case .integer(let number): String(number)
        case .text(let text): text
        }
    }
}
