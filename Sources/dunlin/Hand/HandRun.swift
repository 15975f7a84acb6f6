import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// Carries out what a person decides: the totals first where it is about many, then a question, then the deed.
///
/// Named rows are decided all together or not at all; of the rows that fit a filter those that may not be decided are
/// left out and named.
struct HandRun<Verb: HandVerb> {
    /// So many lines are printed for people; --json has them all.
    private static var shownMax: Int { 200 }
    private static var selectedMax: Int { 100_000 }

    let verb: Verb
    /// `invoices void`.
    let command: String
    let options: HandOptions
    var paceMilliseconds: Int64?

    func run(_ ids: [Verb.ID], _ context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let filter = try filter(settings.accountingZone)
        let database = try context.openDatabase(settings)
        defer { database.close() }
        let order = HandOrder(reason: options.reason, actor: context.actor, now: context.clock.now())
        let selected = try await selected(unique(ids), filter, in: database)
        let batch = HandBatch(verb, on: selected, order, paceMilliseconds: paceMilliseconds, in: database)
        if options.dryRun {
            let outcome = try await batch.rehearse()
            try show(outcome, context)
            return filter == nil && !outcome.refused.isEmpty ? .badInput : .done
        }
        if filter != nil || selected.count > 1 {
            let foreseen = try await batch.rehearse()
            if filter == nil, !foreseen.refused.isEmpty { throw failure(foreseen.refused) }
            guard !foreseen.done.isEmpty else {
                try show(foreseen, context)
                return .done
            }
            try ask(foreseen, context)
        }
        try show(try await carryOut(batch, allTogether: filter == nil), context)
        return .done
    }

    private func carryOut(_ batch: HandBatch<Verb>, allTogether: Bool) async throws -> HandBatch<Verb>.Outcome {
        guard allTogether else { return try await batch.carryOutWhereAllowed() }
        do {
            return try await batch.carryOut()
        } catch let refusal as HandRefusal {
            throw failure([refusal])
        }
    }

    // MARK: - Which rows

    private func filter(_ zone: Zone) throws -> RowFilter? {
        guard let text = options.filter else { return nil }
        do {
            return try RowFilter(parsing: text, keys: Verb.filterKeys, states: Verb.filterStates, zone: zone)
        } catch {
            throw CommandFailure(.badInput, "--filter: \(error)")
        }
    }

    private func selected(
        _ ids: [Verb.ID], _ filter: RowFilter?, in database: Database
    ) async throws -> [Verb.ID] {
        guard let filter else { return ids }
        let verb = verb
        let limit = Self.selectedMax
        let found = try await database.read { tx in try verb.select(filter, limit: limit + 1, tx) }
        guard found.count <= limit else {
            throw CommandFailure(.badInput, "more than \(limit) rows fit the filter: narrow it down")
        }
        return found
    }

    private func unique(_ ids: [Verb.ID]) -> [Verb.ID] {
        var seen: Set<Verb.ID> = []
        return ids.filter { seen.insert($0).inserted }
    }

    // MARK: - Asking

    private func ask(_ foreseen: HandBatch<Verb>.Outcome, _ context: Context) throws {
        for line in summary(foreseen) { context.output.complain(line) }
        guard !context.options.yes else { return }
        guard StandardStreams.inputIsTerminal else {
            throw CommandFailure(.badInput, "nothing was changed: look at the totals, then say --yes")
        }
        context.output.complain("dunlin \(command): type yes to go on:")
        guard readLine().map({ $0.lowercased().filter { !$0.isWhitespace } }) == "yes" else {
            throw CommandFailure(.badInput, "nothing was changed")
        }
    }

    private func summary(_ outcome: HandBatch<Verb>.Outcome) -> [String] {
        var lines = [outcome.done.count.counted(Verb.noun)]
        lines += outcome.totals.map { "  \($0.amount) in \($0.count)" }
        if !outcome.refused.isEmpty { lines.append("\(outcome.refused.count) left out") }
        return lines
    }

    private func failure(_ refused: [HandRefusal]) -> CommandFailure {
        let lines = refused.prefix(20).map { "\(Verb.noun) \($0)" }
        let more = refused.count > 20 ? ["and \(refused.count - 20) more"] : []
        return CommandFailure(.badInput, (lines + more + ["nothing was changed"]).joined(separator: "\n"))
    }

    // MARK: - Showing

    private struct Result: Encodable {
        struct Done: Encodable {
            let id: String
            let subscription: String?
            let what: String
            let amount: String?
            let amountMinor: Int64?
            let currency: String?
            let at: String?
            let remark: String?
        }

        struct Refused: Encodable {
            let id: String
            let reason: String
        }

        struct Total: Encodable {
            let currency: String
            let count: Int
            let amount: String
            let amountMinor: Int64
        }

        let command: String
        let dryRun: Bool
        let reason: String
        let by: String
        let done: [Done]
        let refused: [Refused]
        let totals: [Total]
    }

    private func show(_ outcome: HandBatch<Verb>.Outcome, _ context: Context) throws {
        try context.output.show(result(outcome, context)) { lines(outcome, context) }
    }

    private func lines(_ outcome: HandBatch<Verb>.Outcome, _ context: Context) -> [String] {
        var lines: [String] = []
        if !outcome.done.isEmpty {
            var table = Table([
                .left(Verb.noun.uppercased()), .right("AMOUNT"), .left("WHAT"), .left("WHEN"), .left("REMARK"),
            ])
            for done in outcome.done.prefix(Self.shownMax) {
                table.add([
                    done.id, done.amount?.description ?? "", done.what, done.at?.rfc3339Seconds ?? "",
                    done.remark ?? "",
                ])
            }
            lines += context.output.lines(of: table) + more(outcome.done.count)
        }
        if !outcome.refused.isEmpty {
            lines += ["", "Left out:"] + outcome.refused.prefix(Self.shownMax).map { "  \($0)" }
            lines += more(outcome.refused.count)
        }
        if outcome.done.count > 1 || outcome.done.isEmpty { lines += [""] + summary(outcome) }
        if options.dryRun { lines.append("Nothing was changed.") }
        return lines
    }

    private func more(_ count: Int) -> [String] {
        count > Self.shownMax ? ["and \(count - Self.shownMax) more; --json has them all"] : []
    }

    private func result(_ outcome: HandBatch<Verb>.Outcome, _ context: Context) -> Result {
        Result(
            command: command, dryRun: options.dryRun, reason: Redaction.clean(options.reason), by: context.actor,
            done: outcome.done.map { done in
                Result.Done(
                    id: done.id, subscription: done.subscriptionID, what: done.what, amount: done.amount?.majorUnits,
                    amountMinor: done.amount?.minorUnits, currency: done.amount?.currency.code,
                    at: done.at?.rfc3339Seconds, remark: done.remark)
            },
            refused: outcome.refused.map { Result.Refused(id: $0.id, reason: $0.reason) },
            totals: outcome.totals.map { total in
                Result.Total(
                    currency: total.amount.currency.code, count: total.count, amount: total.amount.majorUnits,
                    amountMinor: total.amount.minorUnits)
            })
    }
}
