import DunlinCalendar
import DunlinCore
import DunlinImport
import DunlinLedger

/// What an import did, as scripts and people read it.
struct ImportReport: Encodable {
    struct TableRow: Encodable {
        let table: String
        let added: Int
        let changed: Int
        let unchanged: Int
        let conflicts: Int
    }

    struct Place: Encodable {
        let file: String
        let line: Int
        let column: String?
        let reason: String
    }

    struct Total: Encodable {
        let currency: String
        let count: Int
        /// Major units; nil when the sum does not fit.
        let total: String?
        let firstOn: String?
    }

    let applied: Bool
    let dryRun: Bool
    let tables: [TableRow]
    let problemCount: Int
    let problems: [Place]
    let conflicts: [Place]
    let notes: [Place]
    let changes: [String]
    /// One period of each subscription of the files.
    let prices: [Total]
    /// What will be charged in the next days.
    let charges: [Total]
    let firstChargeOn: String?
    let waitingPeriods: Int
    let parkedSubscriptions: Int

    init(_ result: ImportResult, isDryRun: Bool) {
        applied = result.isApplied
        dryRun = isDryRun
        tables = ImportTable.allCases.compactMap { table in
            result.tables[table].map { counts in
                TableRow(
                    table: table.rawValue, added: counts.rows.added, changed: counts.rows.changed,
                    unchanged: counts.rows.unchanged, conflicts: counts.conflicts)
            }
        }
        problemCount = result.problems.count
        problems = result.problems.listed.map(Place.init)
        conflicts = result.conflicts.listed.map(Place.init)
        notes = result.notes.listed.map(Place.init)
        changes = result.changes.map(\.description)
        prices = result.prices.map { Total($0, firstOn: nil) }
        charges = (result.forecast?.charges ?? []).map { Total($0.total, firstOn: $0.firstOn.description) }
        firstChargeOn = result.forecast?.firstChargeOn?.description
        waitingPeriods = result.forecast?.waiting ?? 0
        parkedSubscriptions = result.forecast?.parked ?? 0
    }

    func lines(_ output: Output) -> [String] {
        guard problemCount == 0 else { return [] }
        var lines = output.lines(of: tableOfRows)
        lines += section("Changes", changes) + section("Left as they are", conflicts.map(\.description))
        lines += section("Notes", notes.map(\.description))
        if !charges.isEmpty {
            lines += ["", "Charges of the next \(ImportForecast.days) days:"] + output.lines(of: tableOfCharges)
        }
        if waitingPeriods > 0 { lines.append("\(waitingPeriods.counted("older period")) will wait for a decision.") }
        if parkedSubscriptions > 0 {
            lines.append(
                parkedSubscriptions.counted(
                    "subscription cannot be billed as it is.", "subscriptions cannot be billed as they are."))
        }
        if dryRun { lines += ["", "Nothing was stored: this was a dry run."] }
        return lines
    }

    private var tableOfRows: Table {
        let columns: [Table.Column] = [
            .left("TABLE"), .right("ADDED"), .right("CHANGED"), .right("UNCHANGED"), .right("CONFLICTS"),
        ]
        return Table(
            columns,
            rows: tables.map { row in
                [row.table, String(row.added), String(row.changed), String(row.unchanged), String(row.conflicts)]
            })
    }

    private var tableOfCharges: Table {
        Table(
            [.left("CURRENCY"), .right("CHARGES"), .right("TOTAL"), .left("FIRST ON")],
            rows: charges.map { [$0.currency, String($0.count), $0.total ?? "too large", $0.firstOn ?? ""] })
    }

    private func section(_ title: String, _ entries: [String]) -> [String] {
        entries.isEmpty ? [] : ["", "\(title):"] + entries.map { "  \($0)" }
    }
}

extension ImportReport.Place: CustomStringConvertible {
    init(_ problem: ImportProblem) {
        self.init(file: problem.file, line: problem.line, column: problem.column, reason: problem.reason)
    }

    var description: String { "\(file):\(line): \(column.map { "\($0): " } ?? "")\(reason)" }
}

extension ImportReport.Total {
    init(_ total: CurrencyTotal, firstOn: String?) {
        self.init(
            currency: total.currency.code, count: total.count, total: total.sum?.majorUnits, firstOn: firstOn)
    }
}
