import DunlinCalendar
import DunlinDatabase
import DunlinGateways
import DunlinImport
import Logging

/// Takes over the owner's own tables before a pass.
struct SourceReading: Sendable {
    /// What a reading means for the pass after it.
    struct Outcome: Sendable {
        var status = ExitStatus.done
        /// False when nothing could be read: who canceled is not known, so that nothing new may be planned.
        var mayPlan = true
    }

    let source: OwnerSource
    let database: Database
    let settings: Settings
    let context: Context

    /// nil where the settings name no source.
    init?(_ context: Context, _ settings: Settings, _ database: Database) {
        guard let source = settings.source else { return nil }
        self.source = source.tables
        self.database = database
        self.settings = settings
        self.context = context
    }

    /// - Throws: a `SourceError` when nothing could be taken over, a `DatabaseError` of Dunlin's own file.
    func read(_ options: SourceImporter.Options = .init()) async throws -> SourceResult {
        try await importer.run(options, now: context.clock.now())
    }

    /// Takes over what a pass would, in a transaction that the caller takes back.
    func rehearse(_ tx: Transaction) throws {
        _ = try importer.run(.init(), now: context.clock.now(), in: tx)
    }

    private var importer: SourceImporter {
        let currencies = settings.gateways.map { ($0.name, $0.kind.currencies) }
        return SourceImporter(
            database: database, source: source,
            gateways: Dictionary(currencies, uniquingKeysWith: { first, _ in first }))
    }

    /// Reads and says in the log what there is to say.
    ///
    /// - Parameter keepsRows: false where the pass is a dry run.
    func readBeforePass(keepsRows: Bool = true) async throws -> Outcome {
        do {
            var options = SourceImporter.Options()
            options.keepsRows = keepsRows
            let result = try await read(options)
            for line in result.conflicts.lines { context.log.warning("\(line)") }
            guard result.newProblems > 0 || !result.conflicts.isEmpty else { return Outcome() }
            for line in result.problems.lines { context.log.warning("\(line)") }
            return Outcome(status: .needsPerson)
        } catch let error as SourceError {
            context.log.error("\(error); nothing new is planned in this pass")
            return Outcome(status: error.code == .query ? .badInput : .needsPerson, mayPlan: false)
        }
    }
}
