import DunlinCalendar
import DunlinCore
import DunlinJobs
import DunlinLedger
import Foundation

/// `dunlin run --apply FILE`: checks every line that is left, applies them in batches, and works off what became of them.
struct PlanApplication {
    static let batchLines = 200

    let context: Context
    let settings: Settings
    let live: LiveBilling
    let options: BackfillOptions

    func run() async throws -> ExitStatus {
        let file = try PlanFile(path: options.apply ?? "")
        let header = file.header
        try check(header)
        let plan = application(header)
        do {
            let before = try await plan.progress()
            if before == nil || before?.linesDone != header.lines { try confirm(header) }
            try await plan.contact()
            let done = before?.linesDone ?? 0
            if done > 0 {
                context.output.remark("\(done) of \(header.lines.counted("line")) were applied before; going on")
            }
            let leftOut = try await apply(plan, file, after: done)
            let pass = try await workOff(header)
            let totals = try await plan.finish(now: context.clock.now())
            return try show(header, totals, leftOut: leftOut, pass)
        } catch let error as BackfillError {
            throw Self.failure(error)
        }
    }

    private func application(_ header: PlanHeader) -> ApplyPlan {
        let order = BackfillOrder(
            range: BackfillRange(from: header.from, to: header.to), policy: header.policy, reason: header.reason)
        var applying = ApplyPlan.Options(actor: context.actor)
        applying.skipsChanged = options.skipChanged
        applying.paceMilliseconds = options.maxRate?.milliseconds
        return ApplyPlan(
            billing: live.billing,
            header: .init(id: header.sha256, order: order, lines: header.lines, gateways: header.gateways),
            options: applying)
    }

    private func check(_ header: PlanHeader) throws {
        guard header.database == live.billing.databaseID else {
            throw CommandFailure(
                .badInput, "the plan is of database \(header.database), this is \(live.billing.databaseID)")
        }
        guard header.mode == settings.mode.rawValue else {
            throw CommandFailure(.badInput, "the plan is of \(header.mode) mode, and mode is \(settings.mode.rawValue)")
        }
        guard header.policy != .recordOnly else { return }
        for amount in header.amounts {
            guard let limit = options.maxTotal.first(where: { $0.money.currency == amount.currency }) else { continue }
            guard amount.minorUnits <= limit.money.minorUnits else {
                throw CommandFailure(
                    .needsPerson,
                    "the plan charges \(amount), more than --max-total \(limit.money): nothing was applied")
            }
        }
    }

    /// In live mode somebody has to look at the totals.
    private func confirm(_ header: PlanHeader) throws {
        for line in BackfillPlanning.totalLines(header) { context.output.remark(line) }
        guard settings.mode == .live, !context.options.yes, header.lines > 0 else { return }
        guard StandardStreams.inputIsTerminal else {
            throw CommandFailure(.badInput, "mode is live: look at the totals, then say --yes")
        }
        context.output.complain("Type yes to go on:")
        guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
            throw CommandFailure(.badInput, "nothing was applied")
        }
    }

    // MARK: - Lines

    /// Checks all that is left before anything of it is applied.
    private func apply(_ plan: ApplyPlan, _ file: PlanFile, after done: Int) async throws -> [ChangedLine] {
        var changed: [ChangedLine] = []
        try await forEachBatch(of: file, after: done) { batch in
            changed += try await plan.check(batch, now: context.clock.now())
        }
        if !changed.isEmpty, !options.skipChanged { throw BackfillError.changed(changed) }
        var leftOut: [ChangedLine] = []
        try await forEachBatch(of: file, after: done) { batch in
            leftOut += try await plan.apply(batch, now: context.clock.now())
        }
        return leftOut
    }

    /// A batch ends with the last line of a subscription, since a period's amount may depend on the ones before.
    private func forEachBatch(
        of file: PlanFile, after done: Int, _ body: ([ApplyPlan.Line]) async throws -> Void
    ) async throws {
        var batch: [ApplyPlan.Line] = []
        var number = 0
        for entry in try file.lines() where entry.action != .skip {
            number += 1
            guard number > done else { continue }
            if batch.count >= Self.batchLines, batch.last?.entry.subscriptionID != entry.subscriptionID {
                try await body(batch)
                batch.removeAll(keepingCapacity: true)
            }
            batch.append(ApplyPlan.Line(number: number, entry: entry))
        }
        if !batch.isEmpty { try await body(batch) }
    }

    // MARK: - Charging

    /// One pass that plans nothing: what the plan invoiced, and what else was ready.
    private func workOff(_ header: PlanHeader) async throws -> Pass.Result? {
        guard header.policy != .recordOnly else { return nil }
        var pass = Pass.Options()
        pass.plansDue = false
        pass.concurrency = settings.worker.concurrency
        if let rate = options.maxRate { pass.waitSeconds = max(pass.waitSeconds, rate.milliseconds / 1000 + 1) }
        return try await live.pass(pass).run()
    }

    // MARK: - The result

    private func show(
        _ header: PlanHeader, _ totals: [AppliedPlans.Total], leftOut: [ChangedLine], _ pass: Pass.Result?
    ) throws -> ExitStatus {
        let untried = totals.reduce(0) { $0 + $1.untried }
        let report = AppliedReport(
            plan: header.sha256, lines: header.lines, leftOut: leftOut.map(LeftOutLine.init), untried: untried,
            totals: totals.map(AppliedReport.Total.init), pass: pass.map(PassReport.init))
        try context.output.show(report) { report.lines(isRecordOnly: header.policy == .recordOnly) }
        if untried > 0 {
            context.output.complain(
                "\(untried.counted("charge is", "charges are")) left; apply the plan again, or leave them to the worker"
            )
            return pass.map { $0.exitStatus == .done ? .needsPerson : $0.exitStatus } ?? .needsPerson
        }
        return pass?.exitStatus ?? .done
    }

    private static func failure(_ error: BackfillError) -> CommandFailure {
        switch error {
        case .gateway: CommandFailure(.gateway, error.description)
        case .clock, .otherProcess: CommandFailure(.needsPerson, error.description)
        case .unknownSubscription, .unknownPlan, .appliedBefore: CommandFailure(.badInput, error.description)
        case .changed(let lines):
            CommandFailure(
                .needsPerson,
                (lines.prefix(100).map { LeftOutLine($0).text } + [
                    lines.count.counted("line no longer holds", "lines no longer hold")
                        + ", and nothing more was applied: make a new plan, or leave such lines out with --skip-changed"
                ]).joined(separator: "\n"))
        }
    }
}

/// A line of a plan that was left out, as scripts and people read it.
struct LeftOutLine: Encodable {
    let line: Int
    let subscriptionId: String
    let periodStart: String
    let reason: String

    init(_ line: ChangedLine) {
        self.line = line.line
        subscriptionId = line.entry.subscriptionID
        periodStart = line.entry.periodStart.description
        reason = line.reason
    }

    var text: String { "line \(line): \(subscriptionId), period from \(periodStart): \(reason)" }
}

/// The result of `dunlin run --apply`.
struct AppliedReport: Encodable {
    struct Total: Encodable {
        let currency: String
        let invoices: Int
        let invoiced: String
        let invoicedMinor: Int64
        let paid: Int
        let collected: String
        let collectedMinor: Int64

        init(_ total: AppliedPlans.Total) {
            currency = total.currency
            invoices = total.invoices
            invoicedMinor = total.invoicedMinor
            paid = total.paid
            collectedMinor = total.collectedMinor
            let currency = Currency(total.currency)
            invoiced = currency.map { Money(minorUnits: total.invoicedMinor, currency: $0).majorUnits } ?? ""
            collected = currency.map { Money(minorUnits: total.collectedMinor, currency: $0).majorUnits } ?? ""
        }
    }

    let plan: String
    let lines: Int
    let leftOut: [LeftOutLine]
    let untried: Int
    let totals: [Total]
    let pass: PassReport?

    func lines(isRecordOnly: Bool) -> [String] {
        var text = leftOut.map { "left out: \($0.text)" }
        if isRecordOnly { text.append("\((lines - leftOut.count).counted("line")) recorded as settled elsewhere") }
        text += totals.map {
            "\($0.currency): \($0.invoices) invoiced, \($0.invoiced); \($0.paid) paid, \($0.collected)"
        }
        return text + (pass?.lines ?? [])
    }
}
