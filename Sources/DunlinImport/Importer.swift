public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
import DunlinLedger
import Foundation

/// Brings files into the owner's tables: all of them, or nothing.
///
/// Files are read twice and never held. The first reading judges each row by itself, so that garbage is refused before
/// the database is touched; the second judges rows against each other and against what is stored, and stores them, in
/// one transaction. A plan is that same transaction, taken back.
public struct Importer: Sendable {
    let database: Database
    /// By the gateways' names in the settings.
    let gateways: [String: GatewayCurrencies]
    /// Of the settings: the forecast goes by them.
    let catchUp: CatchUpRules
    let limits: ImportLimits
    /// Where what can be read only once is copied to.
    let temporaryFolder: String

    /// - Parameter temporaryFolder: nil for the system's, which `TMPDIR` moves.
    public init(
        database: Database, gateways: [String: GatewayCurrencies], catchUp: CatchUpRules = CatchUpRules(),
        limits: ImportLimits = ImportLimits(),
        temporaryFolder: String? = nil
    ) {
        self.database = database
        self.gateways = gateways
        self.catchUp = catchUp
        self.limits = limits
        self.temporaryFolder = temporaryFolder ?? NSTemporaryDirectory()
    }

    /// What `apply` would do; nothing is stored.
    ///
    /// - Throws: `ImportError` when a file cannot be read, `DatabaseError`.
    public func plan(_ sources: [ImportSource], now: Instant) async throws -> ImportResult {
        try await run(sources, now: now, keepsRows: false)
    }

    /// Stores all rows of all files; none when the result has problems.
    ///
    /// - Throws: `ImportError` when a file cannot be read, `DatabaseError`.
    public func apply(_ sources: [ImportSource], now: Instant) async throws -> ImportResult {
        try await run(sources, now: now, keepsRows: true)
    }

    private func run(_ sources: [ImportSource], now: Instant, keepsRows: Bool) async throws -> ImportResult {
        let files = try open(sources)
        var judging = ImportPass(files: files, gateways: gateways, catchUp: catchUp, limits: limits)
        try judging.forEachRow { _, _, _ in }
        guard judging.result.problems.isComplete else { return judging.result }
        let fresh = ImportPass(files: files, gateways: gateways, catchUp: catchUp, limits: limits)
        do {
            let stored = try await database.write(step: "import") { tx in
                try Importer.store(fresh, now: now, keepsRows: keepsRows, tx)
            }
            // Other writers need not wait for the forecast.
            return try await database.read { tx in try stored.forecast(now: now, tx) }
        } catch let taken as TakenBack {
            return taken.result
        }
    }

    private func open(_ sources: [ImportSource]) throws -> [OpenedFile] {
        guard !sources.isEmpty else { throw ImportError(.noFiles, "name at least one file, or - for standard input") }
        let tables = try sources.map { (source: $0, table: try $0.table()) }
        return try ImportTable.allCases.flatMap { table in
            try tables.filter { $0.table == table }.map { source, table in
                OpenedFile(input: try InputFile.opening(source, temporaryFolder: temporaryFolder), table: table)
            }
        }
    }

    private static func store(
        _ fresh: ImportPass, now: Instant, keepsRows: Bool, _ tx: Transaction
    ) throws -> ImportPass {
        var pass = fresh
        try pass.store(tx)
        guard pass.result.problems.isEmpty else { throw TakenBack(result: pass.result) }
        try pass.noteFirstSights(now: now, tx)
        guard keepsRows else { throw TakenBack(result: try pass.forecast(now: now, tx)) }
        pass.result.isApplied = true
        return pass
    }
}

/// Thrown to take the transaction back and keep what was learned in it.
private struct TakenBack: Error {
    let result: ImportResult
}

extension ImportPass {
    /// The result with what the subscriptions of the files will be charged.
    fileprivate func forecast(now: Instant, _ tx: Transaction) throws -> ImportResult {
        var result = result
        var forecaster = Forecaster(gateways: gateways, rules: catchUp, now: now)
        var forecast = ImportForecast()
        for (id, place) in (places[.subscriptions] ?? [:]).sorted(by: { $0.value < $1.value }) {
            if let reason = try forecaster.add(id, to: &forecast, tx) {
                let name = files[place.file].input.name
                result.notes.add(ImportProblem(file: name, line: place.line, reason: "will be parked: \(reason)"))
            }
        }
        result.forecast = forecast
        return result
    }

    /// The day of the import counts, not that of the first pass: what comes due between the two is billed.
    fileprivate func noteFirstSights(now: Instant, _ tx: Transaction) throws {
        for id in (places[.subscriptions] ?? [:]).keys {
            guard let subscription = try Subscriptions.find(id, tx), let zone = Zone(subscription.timeZone) else {
                continue
            }
            try BillingStates.noteFirstSight(id, on: zone.local(of: now).date.description, now: now, tx)
        }
    }
}
