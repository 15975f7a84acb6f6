import DunlinCalendar
import DunlinCore
import DunlinJobs
import Foundation

/// `dunlin run --backfill`: works the plan out, prints it, and writes it where a file is named. Nothing is charged.
struct BackfillPlanning {
    /// So many lines are printed for people; a file or --json has them all.
    static let shownMax = 200

    let context: Context
    let settings: Settings
    let live: LiveBilling
    let options: BackfillOptions

    func run() async throws -> ExitStatus {
        let order = try order()
        let planning = PlanBackfill(billing: live.billing, order: order)
        do {
            try await planning.check()
        } catch let error as BackfillError {
            throw CommandFailure(.badInput, error.description)
        }
        let writer = try PlanFileWriter(folder: folder())
        var totals = PlanTotals()
        var last: String?
        repeat {
            let page = try await planning.page(after: last, now: context.clock.now())
            for entry in page.entries {
                try totals.add(entry)
                try writer.add(entry)
            }
            last = page.last
        } while last != nil
        let header = try header(order, totals, linesDigest: try writer.endLines())
        if let out = options.out { try writer.save(header, as: out) }
        try show(header, totals, writer)
        return .done
    }

    private func order() throws -> BackfillOrder {
        do {
            let range = try BackfillRange(options.backfill ?? "")
            let today = settings.accountingZone.local(of: context.clock.now()).date
            try range.check(today: today, daysMax: settings.backfillDaysMax)
            return BackfillOrder(
                range: range, policy: options.policy ?? .all, reason: options.reason,
                subscriptionIDs: options.subscription, plan: options.plan)
        } catch {
            throw CommandFailure(.badInput, "--backfill: \(error)")
        }
    }

    private func folder() throws -> String {
        guard let out = options.out else { return NSTemporaryDirectory() }
        if FileManager.default.fileExists(atPath: out) {
            throw CommandFailure(.badInput, "\(out) is there already; name another file")
        }
        return (out as NSString).deletingLastPathComponent
    }

    private func header(_ order: BackfillOrder, _ totals: PlanTotals, linesDigest: String) throws -> PlanHeader {
        try PlanHeader(
            database: live.billing.databaseID, mode: settings.mode.rawValue, from: order.range.from,
            to: order.range.to, policy: order.policy, reason: order.reason,
            createdAt: context.clock.now().rfc3339Seconds, gateways: totals.gateways.sorted(), lines: totals.lines,
            skipped: totals.skipped, totals: totals.totals, linesSha256: linesDigest
        ).sealed()
    }

    // MARK: - Showing

    private func show(_ header: PlanHeader, _ totals: PlanTotals, _ writer: PlanFileWriter) throws {
        guard !context.output.isJSON else { return try showJSON(header, writer) }
        let columns: [Table.Column] = [
            .left("SUBSCRIPTION"), .left("CUSTOMER"), .left("PLAN"), .left("PERIOD"), .right("AMOUNT"), .left("REASON"),
        ]
        var taken = Table(columns)
        var left = Table(columns)
        var (takenCount, leftCount) = (0, 0)
        for entry in try writer.reread() {
            if entry.action == .skip {
                leftCount += 1
                if leftCount <= Self.shownMax { left.add(Self.row(entry)) }
            } else {
                takenCount += 1
                if takenCount <= Self.shownMax { taken.add(Self.row(entry)) }
            }
        }
        var lines = ["Backfill of \(header.from) to \(header.to), policy \(header.policy.rawValue)"]
        if takenCount > 0 { lines += ["", "\(verb(header)):"] + context.output.lines(of: taken) + more(takenCount) }
        if leftCount > 0 { lines += ["", "Left out:"] + context.output.lines(of: left) + more(leftCount) }
        lines += [""] + Self.totalLines(header)
        if takenCount > 0 { lines.append(next) }
        context.output.show(lines: lines)
    }

    /// The plan file itself; only its header where it is written to a file.
    private func showJSON(_ header: PlanHeader, _ writer: PlanFileWriter) throws {
        StandardStreams.writeOutput(try header.text() + "\n")
        guard options.out == nil else { return }
        var lines = try writer.reread()
        while let line = lines.nextLine() { StandardStreams.writeOutput(String(decoding: line, as: UTF8.self) + "\n") }
    }

    private func verb(_ header: PlanHeader) -> String {
        header.policy == .recordOnly ? "To be recorded as settled elsewhere" : "To be charged"
    }

    private func more(_ count: Int) -> [String] {
        count > Self.shownMax ? ["and \(count - Self.shownMax) more; --json or --out has them all"] : []
    }

    private var next: String {
        guard let out = options.out else {
            return "Nothing was changed. Write the plan with --out FILE, then: dunlin run --apply FILE"
        }
        return "Nothing was changed. The plan is in \(out); carry it out with: dunlin run --apply \(out)"
    }

    static func totalLines(_ header: PlanHeader) -> [String] {
        guard header.lines > 0 else { return ["Nothing to settle in this range."] }
        let verb = header.policy == .recordOnly ? "to record" : "to charge"
        return header.totals.map { "\($0.count.counted("period")) \(verb), \($0.total) \($0.currency)" }
    }

    private static func row(_ entry: BackfillEntry) -> [String] {
        let amount = entry.amount.map { "\($0) \(entry.currency ?? "")" } ?? ""
        let period = "\(entry.periodStart) to \(entry.periodEnd)"
        return [entry.subscriptionID, entry.customerID, entry.plan, period, amount, entry.reason ?? ""]
    }
}
