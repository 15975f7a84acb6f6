import ArgumentParser
import DunlinDatabase
import DunlinJobs
import DunlinReports

/// `dunlin report reconciliation`: what the newest comparison with each gateway found.
struct ReportReconciliation: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconciliation",
        abstract: "What the last comparison with the gateways found, or what payouts are made of.",
        discussion: """
            One row for each thing that ledger and gateway tell differently, in four lists: gateway_only, ledger_only,
            differing, two_successes. With --payouts one row for each payout and one, per currency, for what is not
            paid out yet; with --transactions each line of them. The gateways are not asked: dunlin reconcile does that.

            Examples:
              dunlin report reconciliation
              dunlin report reconciliation --run 12 --format csv --out differences.csv
              dunlin report reconciliation --payouts
              dunlin report reconciliation --transactions --format csv --out payouts.csv
            """)

    @Option(help: .init("This run; the newest of each gateway without it.", valueName: "id"))
    var run: Int64?
    @Option(help: .init("Only this gateway.", valueName: "name"))
    var gateway: String?
    @Flag(help: "What each payout is made of.")
    var payouts = false
    @Flag(help: "Each balance transaction, with its payment and its payout.")
    var transactions = false
    @OptionGroup var format: FormatOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        if payouts, transactions { throw ValidationError("say --payouts or --transactions, not both") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let selection = ReconciliationSelection(
            runID: run, gateway: gateway, withPayouts: payouts || transactions)
        if let gateway, settings.gateway(gateway) == nil {
            let known = settings.gateways.map(\.name).joined(separator: ", ")
            throw CommandFailure(.badInput, "--gateway \(gateway): the settings have \(known)")
        }
        let runs = try await context.look(settings) { tx in try selection.runs(tx) }
        let report = ReportRun(context, settings, format)
        let status =
            if payouts {
                try await report.run(PayoutReport(selection), asOf: nil)
            } else if transactions {
                try await report.run(BalanceTransactionReport(selection), asOf: nil)
            } else {
                try await report.run(ReconciliationReport(selection), asOf: nil)
            }
        if runs.isEmpty {
            let flag = selection.withPayouts ? " --payouts" : ""
            context.output.remark("Nothing was compared yet: dunlin reconcile\(flag) does it.")
        }
        for run in runs { context.output.remark(ReconcileView(run, lists: [:]).headline) }
        return status
    }
}
