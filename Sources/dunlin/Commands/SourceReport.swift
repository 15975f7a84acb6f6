import DunlinCore
import DunlinImport
import DunlinLedger

/// What reading the owner's own tables did, as scripts and people read it.
struct SourceReport: Encodable {
    struct TableRow: Encodable {
        let table: String
        let added: Int
        let changed: Int
        let unchanged: Int
        let bad: Int
        let vanished: Int
        let conflicts: Int
    }

    let applied: Bool
    let dryRun: Bool
    let tables: [TableRow]
    let problemCount: Int
    let problems: [String]
    let conflicts: [String]
    let notes: [String]
    let changes: [String]
    let vanishedSubscriptions: [String]
    /// What became of them.
    let vanishedPolicy: String

    init(_ result: SourceResult, isDryRun: Bool, vanished: OwnerSource.Vanished) {
        applied = result.isApplied
        dryRun = isDryRun
        tables = ImportTable.allCases.compactMap { table in
            result.tables[table].map { counts in
                TableRow(
                    table: table.rawValue, added: counts.rows.added, changed: counts.rows.changed,
                    unchanged: counts.rows.unchanged, bad: counts.bad, vanished: counts.vanished,
                    conflicts: counts.conflicts)
            }
        }
        problemCount = result.problems.count
        problems = result.problems.listed.map(\.description)
        conflicts = result.conflicts.lines
        notes = result.notes.lines
        changes = result.changes.map(\.description)
        vanishedSubscriptions = result.vanishedSubscriptions
        vanishedPolicy = vanished.rawValue
    }

    func lines(_ output: Output) -> [String] {
        let columns: [Table.Column] = [
            .left("TABLE"), .right("ADDED"), .right("CHANGED"), .right("UNCHANGED"), .right("BAD"), .right("VANISHED"),
            .right("CONFLICTS"),
        ]
        let rows = tables.map { row in
            [row.table]
                + [row.added, row.changed, row.unchanged, row.bad, row.vanished, row.conflicts].map(String.init)
        }
        var lines = output.lines(of: Table(columns, rows: rows))
        lines += section("Changes", changes) + section("Left as they are", conflicts) + section("Notes", notes)
        lines += section("Vanished subscriptions (\(vanishedPolicy))", vanishedSubscriptions)
        if problemCount > 0 {
            lines += ["", "\(problemCount.counted("bad row")), left out; what is billed by them is parked."]
        }
        if dryRun { lines += ["", "Nothing was stored: this was a dry run."] }
        return lines
    }

    private func section(_ title: String, _ entries: [String]) -> [String] {
        guard !entries.isEmpty else { return [] }
        let shown = entries.prefix(100).map { "  \($0)" }
        return ["", "\(title):"] + shown + (entries.count > 100 ? ["  and \(entries.count - 100) more"] : [])
    }
}
