import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// The second reading: takes over the rows that are new or changed, and does what is due for those that have vanished,
/// in one transaction.
struct SourcePass {
    /// More than this share, in percent, or more than so many rows vanished at once are taken for a mistake.
    static let vanishedPercent = 5
    static let vanishedMax = 20

    let survey: SourceSurvey
    let importer: SourceImporter
    let options: SourceImporter.Options
    let now: Instant
    var result: SourceResult
    private var rows: ImportPass

    init(_ survey: SourceSurvey, _ importer: SourceImporter, _ options: SourceImporter.Options, now: Instant) {
        self.survey = survey
        self.importer = importer
        self.options = options
        self.now = now
        result = SourceResult(listedMax: importer.limits.listedMax)
        rows = ImportPass(
            files: [], gateways: importer.gateways, catchUp: CatchUpRules(), limits: importer.limits)
        rows.whereabouts = "the source"
        for table in survey.tables {
            var counts = SourceResult.TableCounts()
            counts.rows.unchanged = table.hashes.count - table.changed.count
            counts.vanished = table.vanished.count
            result.tables[table.query.table] = counts
            rows.result.tables[table.query.table] = ImportResult.TableCounts()
        }
    }

    /// The result where nothing is to be done.
    var unchanged: SourceResult {
        var result = result
        result.isApplied = options.keepsRows
        return result
    }

    /// - Throws: a `SourceError` when too much has vanished.
    mutating func run(_ file: OwnerFile, _ tx: Transaction) throws {
        let vanished = try vanishedRows(tx)
        try checkVanished(vanished)
        // Whoever canceled is heard first, whatever else is wrong with the rows.
        if let subscriptions = survey.tables.first(where: { $0.query.table == .subscriptions }) {
            try take(subscriptions, file, tx) { $0.wish == "canceled" && $0.isStored }
        }
        for table in survey.tables {
            try take(table, file, tx) { !($0.wish == "canceled" && $0.isStored) }
            for (column, types) in table.types {
                try SourceRows.save(table.query.table.rawValue, column: column, types: types, tx)
            }
        }
        for (table, ids) in vanished {
            for id in ids { try handleVanished(table, id, tx) }
            for id in table.vanished { try SourceRows.noteVanished(table.query.table.rawValue, id, now: now, tx) }
        }
        result.conflicts = rows.result.conflicts
        result.notes = rows.result.notes
        result.changes = rows.result.changes
        for table in survey.tables {
            let counts = rows.result.tables[table.query.table] ?? ImportResult.TableCounts()
            result.tables[table.query.table]?.rows.added = counts.rows.added
            result.tables[table.query.table]?.rows.changed = counts.rows.changed
            result.tables[table.query.table]?.rows.unchanged += counts.rows.unchanged
            result.tables[table.query.table]?.conflicts = counts.conflicts
        }
    }

    // MARK: - Rows that are there

    private struct Wanted {
        var wish: String?
        var isStored: Bool
    }

    private mutating func take(
        _ table: SourceSurvey.Table, _ file: OwnerFile, _ tx: Transaction, where isWanted: (Wanted) -> Bool
    ) throws {
        guard !table.changed.isEmpty else { return }
        let query = table.query
        let isSubscription = query.table == .subscriptions
        let statusPlace = isSubscription ? query.columns.firstIndex(of: "status") : nil
        var parser = RowParser(table: query.table, file: query.name, gatewayNames: Set(importer.gateways.keys))
        try query.forEach(file) { number, cells in
            let id = try query.id(cells, number: number)
            guard table.changed.contains(id) else { return }
            let wish = statusPlace.flatMap { String.from(cells[$0]) }
            let isStored = isSubscription && wish == "canceled" ? try Subscriptions.exists(id, tx) : false
            guard isWanted(Wanted(wish: wish, isStored: isStored)) else { return }
            var fields = parser.fields(query.row(cells, number: number))
            let row = parser.parse(&fields)
            try take(row, fields, id: id, hash: table.hashes[id] ?? "", wish: wish, query, tx)
        }
    }

    private mutating func take(
        _ row: OwnerRow?, _ fields: RowFields, id: String, hash: String, wish: String?, _ query: SourceQuery,
        _ tx: Transaction
    ) throws {
        var found = fields.problems
        if let row {
            rows.result.problems = ProblemList(listedMax: importer.limits.listedMax)
            try rows.store(row, fields, tx)
            found = rows.result.problems.listed
            if case .subscription(let subscription) = row, found.isEmpty { try noteFirstSight(subscription, tx) }
        } else {
            rows.markRefused(fields)
            if wish == "canceled" { try cancel(id, tx) }
        }
        let kind = query.table.rawValue
        let problem = found.isEmpty ? nil : "\(query.name): " + found.map(\.reasonWithColumn).joined(separator: "; ")
        let old = try SourceRows.find(kind, id, tx)
        if let problem {
            result.tables[query.table]?.bad += 1
            for one in found { result.problems.add(one.naming(id)) }
            if old?.problem != problem { result.newProblems += 1 }
        }
        // What is wrong with a row parks its subscriptions, and what is right again lets them go on.
        if old?.problem != problem, let changed = query.table.changedRowKind { try ChangedRows.add(changed, id, tx) }
        try SourceRows.save(kind, id, hash: hash, problem: problem, tx)
    }

    /// The day of the reading counts, not that of the first pass: what comes due between the two is billed.
    private func noteFirstSight(_ subscription: Subscription, _ tx: Transaction) throws {
        guard let zone = Zone(subscription.timeZone) else { return }
        try BillingStates.noteFirstSight(
            subscription.id, on: zone.local(of: now).date.description, now: now, tx)
    }

    /// A row that nothing else is right with can still be canceled.
    private func cancel(_ id: String, _ tx: Transaction) throws {
        guard var row = try Subscriptions.find(id, tx), row.status != .canceled else { return }
        let stored = row
        row.status = .canceled
        try Subscriptions.upsert(row, stored: stored, tx)
    }

    // MARK: - Rows that have vanished

    /// Canceled subscriptions and adjustments that were taken may go: nothing is left to be done for them.
    private func vanishedRows(_ tx: Transaction) throws -> [(table: SourceSurvey.Table, ids: [String])] {
        try survey.tables.map { table in
            let ids = try table.vanished.filter { id in
                switch table.query.table {
                case .subscriptions: try Subscriptions.find(id, tx).map { $0.status != .canceled } ?? false
                case .adjustments: try !Adjustments.isApplied(id, tx)
                case .customers, .paymentMethods: true
                }
            }
            return (table, ids)
        }
    }

    private func checkVanished(_ vanished: [(table: SourceSurvey.Table, ids: [String])]) throws {
        let counted = vanished.filter { $0.table.query.table != .adjustments }
        let count = counted.reduce(0) { $0 + $1.ids.count }
        if let max = options.vanishedMax, count <= max { return }
        for (table, ids) in counted where !ids.isEmpty {
            let share = max(1, table.storedCount * Self.vanishedPercent / 100)
            guard ids.count > min(Self.vanishedMax, share) || table.hashes.isEmpty else { continue }
            throw SourceError(
                .rows,
                "\(table.query.name): \(ids.count) of \(table.storedCount.counted("row")) have vanished at once, first "
                    + "\(shown(ids[0])): nothing was taken over; if it is meant, dunlin import --source "
                    + "--accept-vanished \(count)")
        }
    }

    private mutating func handleVanished(_ table: SourceSurvey.Table, _ id: String, _ tx: Transaction) throws {
        switch table.query.table {
        case .customers: break
        case .paymentMethods:
            guard var method = try PaymentMethods.find(id, tx) else { break }
            let stored = method
            method.isDefault = false
            method.isBackup = false
            try PaymentMethods.upsert(method, stored: stored, tx)
        case .adjustments: try Adjustments.withdraw(id, tx)
        case .subscriptions: try handleVanished(subscription: id, tx)
        }
    }

    private mutating func handleVanished(subscription id: String, _ tx: Transaction) throws {
        result.vanishedSubscriptions.append(id)
        try Activity.add(
            "vanished", subscriptionID: id,
            reason: "the row is gone from the source; policy \(importer.source.vanished.rawValue)", now: now, tx)
        guard var row = try Subscriptions.find(id, tx), importer.source.vanished != .keep else { return }
        let stored = row
        row.status = importer.source.vanished == .cancel ? .canceled : .paused
        try Subscriptions.upsert(row, stored: stored, tx)
    }
}

extension ImportTable {
    fileprivate var changedRowKind: ChangedRow.Kind? {
        switch self {
        case .customers: .customer
        case .paymentMethods: .paymentMethod
        case .subscriptions: .subscription
        case .adjustments: .adjustment
        }
    }
}

extension ImportProblem {
    fileprivate var reasonWithColumn: String { column.map { "\($0) \(reason)" } ?? reason }

    fileprivate func naming(_ id: String) -> ImportProblem {
        ImportProblem(file: file, line: line, column: column, position: nil, reason: "\(reason) (id \(shown(id)))")
    }
}
