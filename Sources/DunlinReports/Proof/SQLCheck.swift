import DunlinDatabase

/// A rule that one query shows: its rows are the violations, its columns the ids that name them.
struct SQLCheck: Sendable {
    let promise: PromiseID
    let rule: String
    /// What is wrong with each row that is found.
    let sentence: String
    /// Counts the rows that were looked at; nil where another rule has counted them. Here and below `{since i.id}`, with
    /// the column that holds an invoice's id, leaves older invoices out where the proof is to begin later.
    var counting: String?
    let finding: String
    /// The columns of `finding`, in its order.
    let ids: [String]
    /// The arguments of `finding`.
    var arguments: @Sendable (ProofOptions) -> [(any ColumnValue)?] = { _ in [] }

    /// - Parameter firstInvoice: `{since column}` in a statement becomes a condition on the id of an invoice.
    func run(since firstInvoice: Int64?, _ tx: Transaction, _ draft: inout ProofDraft) throws {
        if let counting { draft.count(promise, try tx.value(Self.limited(counting, firstInvoice)) ?? 0) }
        try tx.forEach(Self.limited(finding, firstInvoice), arguments: arguments(draft.options)) { row in
            let found = try ids.enumerated().compactMap { index, name in
                try Self.text(row.get(index)).map { (name: name, value: $0) }
            }
            draft.violation(promise, rule, sentence, ids: found)
        }
    }

    private static func limited(_ statement: String, _ firstInvoice: Int64?) -> String {
        ["i.id", "invoice_id", "t.invoice_id", "id"].reduce(statement) { text, column in
            text.replacing("{since \(column)}", with: firstInvoice.map { "\(column) >= \($0)" } ?? "1 = 1")
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
