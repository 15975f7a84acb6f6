import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinReports

/// `dunlin status`: one screen, what needs a person first.
struct StatusCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "What needs a person, then the queue, the last pass and the money of this month.",
        discussion: """
            Examples:
              dunlin status
              dunlin status --json | jq .needs_person
            """)

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let now = context.clock.now()
        let zone = settings.accountingZone
        let lines = try? ScheduleFile(context).checkedLines()
        let status = try await context.look(settings) { tx in
            try StatusReport(
                now: now, zone: zone, databaseID: try tx.meta("database_id"), lines: lines, tx)
        }
        try context.output.show(status) { StatusView(status, context.output).lines }
        return .done
    }
}

/// The screen.
private struct StatusView {
    let status: StatusReport
    let output: Output

    init(_ status: StatusReport, _ output: Output) {
        self.status = status
        self.output = output
    }

    var lines: [String] { charging + [""] + wrong + person + work + [""] + money }

    /// What the self-check found comes before what waits for somebody: it may be the cause.
    private var wrong: [String] {
        status.selfCheck.findings.map { output.bad("WRONG") + "  \($0.text)" }
            + (status.selfCheck.findings.isEmpty ? [] : [""])
    }

    private var charging: [String] {
        guard !status.charging.isEmpty else { return ["Charging  no gateway has been used yet"] }
        return status.charging.map { gateway in
            let word =
                switch gateway.charging {
                case .on: output.good("on")
                case .stopped: output.bad("STOPPED")
                case .circuitOpen: output.bad("waiting for the gateway")
                }
            let since = gateway.since.map { " since \($0)" } ?? ""
            let reason = gateway.reason.map { ": \($0)" } ?? ""
            return "Charging  \(gateway.gateway) (\(gateway.mode ?? "not used yet"))  \(word)\(since)\(reason)"
        }
    }

    private var person: [String] {
        let needs = status.needsPerson
        guard !needs.isQuiet else {
            return status.selfCheck.findings.isEmpty ? [output.good("Nothing needs a person."), ""] : []
        }
        let age = needs.oldestUnknownSeconds.map { ", the oldest since \(Age.text(seconds: $0))" } ?? ""
        let rows: [(count: Int64, one: String, many: String, look: String)] = [
            (needs.unknown, "attempt unknown\(age)", "attempts unknown\(age)", "attempts list --state unknown"),
            (
                needs.unknownRefunds, "refund unknown", "refunds unknown",
                needs.unknownRefundInvoice.map { "invoices show \($0)" } ?? "prove"
            ),
            (
                needs.collectedAfterEnd, "invoice collected after its end", "invoices collected after their end",
                "invoices list --state paid"
            ),
            (needs.deadJobs, "dead job", "dead jobs", "jobs list --state dead"),
            (needs.parked, "parked subscription", "parked subscriptions", "subscriptions list --state parked"),
            (needs.waiting, "period without a decision", "periods without a decision", "report waiting"),
            (needs.onHold, "invoice on hold", "invoices on hold", "invoices list --state on_hold"),
            (
                needs.needsMethod, "invoice without a usable card", "invoices without a usable card",
                "invoices list --state needs_method"
            ),
            (
                needs.needsCustomer, "invoice the customer must confirm", "invoices the customer must confirm",
                "invoices list --state needs_customer"
            ),
            (
                needs.failedEvents, "event that could not be applied", "events that could not be applied",
                "events list --state failed"
            ),
            (needs.drift, "difference from the gateway", "differences from the gateway", "report reconciliation"),
            (
                needs.failedNotices, "notice that nobody took", "notices that nobody took",
                "notices list --state failed"
            ),
            (
                needs.badSourceRows, "row of the source not taken over", "rows of the source not taken over",
                "import --source --dry-run"
            ),
        ]
        var table = Table([.right(""), .left("NEEDS A PERSON"), .left("LOOK WITH DUNLIN")])
        for row in rows where row.count > 0 {
            table.add([String(row.count), row.count.named(row.one, row.many), row.look])
        }
        return output.lines(of: table) + [""]
    }

    private var work: [String] {
        let queue = status.queue
        let oldest = queue.oldestDueSeconds.map { ", the oldest since \(Age.text(seconds: $0))" } ?? ""
        let next = queue.nextRunAt.map { ", next at \($0)" } ?? ""
        let states = status.subscriptions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let passes = status.charging.compactMap { gateway in
            gateway.lastPassAt.map { "Last pass      \(gateway.gateway) \($0)" }
        }
        return [
            "Subscriptions  \(states.isEmpty ? "none planned yet" : states.joined(separator: ", "))",
            "Queue          \(queue.due) due\(oldest), \(queue.ready) ready, \(queue.running) running\(next)",
        ] + (passes.isEmpty ? ["Last pass      none yet"] : passes)
            + webhooks
            + reconciliations
            + notices
            + selfCheck
            + schedule
            + (status.changedRows == 0
                ? [] : ["Changed rows   \(status.changedRows.counted("waits", "wait")) for the next pass"])
    }

    private var webhooks: [String] {
        let inbox = status.inbox
        var parts: [String] = []
        if inbox.unappliedEvents > 0 {
            let age = inbox.oldestUnappliedSeconds.map { ", the oldest since \(Age.text(seconds: $0))" } ?? ""
            parts.append("\(inbox.unappliedEvents.counted("event")) to apply\(age)")
        }
        if inbox.foreignIntents > 0 { parts.append(inbox.foreignIntents.counted("foreign intent")) }
        if inbox.wrongSignatures > 0 {
            let last = inbox.lastWrongSignatureAt.map { ", last at \($0)" } ?? ""
            parts.append(output.bad("\(inbox.wrongSignatures.counted("wrong signature"))\(last)"))
        }
        let last = inbox.lastWebhookSeconds.map { "last \(Age.text(seconds: $0)) ago" } ?? "none yet"
        return ["Webhooks       \(([last] + parts).joined(separator: "; "))"]
    }

    private var reconciliations: [String] {
        guard !status.reconciliations.isEmpty else { return ["Reconciliation never made"] }
        return status.reconciliations.map { run in
            let end = run.endedAt.map { "complete at \($0)" } ?? "begun at \(run.startedAt) and not complete"
            return "Reconciliation \(run.gateway) \(end), \(run.differences.counted("difference"))"
        }
    }

    private var notices: [String] {
        let last = status.notices.lastSentAt.map { "last sent at \($0)" } ?? "none sent yet"
        return ["Notices        \(last), \(status.notices.ready) to be sent"]
    }

    private var selfCheck: [String] {
        let found = status.selfCheck.findings.count
        let last = status.selfCheck.lastCheckSeconds.map { "\(Age.text(seconds: $0)) ago" } ?? "never made"
        return ["Self-check     \(last)" + (found == 0 ? "" : ", \(found) found")]
    }

    private var schedule: [String] {
        status.schedule.map { line in
            let next = line.nextTickAt.map { "next \($0)" } ?? "never again"
            let last = line.lastTickAt.map { "\(next), last fired for \($0)" } ?? "\(next), has not fired yet"
            let missed =
                line.missedAt.map { ", \(line.missed.counted("missed tick")) not made up for, found at \($0)" } ?? ""
            return "Schedule       \(line.line) \(last)\(missed)"
        }
    }

    private var money: [String] {
        guard !status.months.isEmpty else { return ["Nothing was ever invoiced."] }
        var table = Table([
            .left("MONTH \(status.month)"), .right("INVOICED"), .right("COLLECTED"), .right("RECOVERED"),
            .right("OUTSTANDING"),
        ])
        for month in status.months {
            table.add([month.currency, month.invoiced, month.collected, month.recovered, month.outstanding])
        }
        return output.lines(of: table)
    }
}
