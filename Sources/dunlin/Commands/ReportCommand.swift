import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDefaults
import DunlinLedger
import DunlinReports

/// `dunlin report …`: what finance reads.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Lists for finance: as a table, CSV or JSON.",
        discussion: """
            Examples:
              dunlin report dunning
              dunlin report dunning --format csv --as-of 2026-10-31 --out dunning.csv
              dunlin report waiting --json
              dunlin report preflight --days 14
              dunlin report reconciliation --format csv
            """,
        subcommands: [Dunning.self, Waiting.self, Preflight.self, ReportReconciliation.self])

    struct Dunning: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "dunning",
            abstract: "One row for each period that is due and unpaid.",
            discussion: """
                The columns are a contract, in docs/reports.md. Days are counted in the accounting time zone.

                Examples:
                  dunlin report dunning
                  dunlin report dunning --format csv --excel --out dunning.csv
                  dunlin report dunning --format json | jq '.[] | select(.status == "needs_method")'
                """)

        @Option(
            help: .init("The list as of the end of this local day; today without it.", valueName: "date"),
            transform: { try LocalDate($0).orRefuse("expects a date such as 2026-10-31") })
        var asOf: LocalDate?

        @Flag(help: "Fill the column recovery_link, where recovery pages are set up.")
        var withLinks = false

        @OptionGroup var format: FormatOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            if withLinks { context.output.remark("No recovery pages are set up: recovery_link stays empty.") }
            let settings = try context.settings()
            let zone = settings.accountingZone
            let day =
                asOf.map { AccountingDay(date: $0, zone: zone) } ?? AccountingDay(of: context.clock.now(), zone: zone)
            let report = DunningReport(asOf: day, now: context.clock.now(), triesMax: try context.triesMax())
            return try await ReportRun(context, settings, format).run(report, asOf: day)
        }
    }

    struct Waiting: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "waiting", abstract: "The periods that wait for a person's decision.")

        @OptionGroup var format: FormatOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await ReportRun(context, try context.settings(), format).run(WaitingReport(), asOf: nil)
        }
    }
}

extension ReportCommand {
    struct Preflight: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "preflight",
            abstract: "What will be charged in the coming days, and what is known already to fail.",
            discussion: """
                If nothing changes: the renewals that passes will invoice, the next tries of open invoices, and
                subscriptions that are parked. The column problem says what will surely fail: card_expired, no_method,
                budget_used_up, charging_stopped, parked.

                Examples:
                  dunlin report preflight --days 14
                  dunlin report preflight --days 31 --format csv --out preflight.csv
                  dunlin report preflight --format json | jq '.[] | select(.problem != null)'
                """)

        @Option(help: .init("How many days ahead, 1 to 366.", valueName: "n"))
        var days: Int64 = 14

        @OptionGroup var format: FormatOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            guard (1...366).contains(days) else { throw ValidationError("--days takes 1 to 366") }
        }

        func run(in context: Context) async throws -> ExitStatus {
            let settings = try context.settings()
            let currencies = Dictionary(
                settings.gateways.map { ($0.name, $0.kind.currencies) }, uniquingKeysWith: { first, _ in first })
            let report = PreflightReport(
                now: context.clock.now(), days: days, judge: PlanningJudge { currencies[$0] }, rules: settings.catchUp,
                spread: RenewalSpread(seconds: Int64(settings.renewalSpreadMinutes) * 60))
            return try await ReportRun(context, settings, format).run(report, asOf: nil)
        }
    }
}

extension Context {
    /// After how many declines a debt is given up, by the policy in force.
    func triesMax() throws -> Int {
        let file = try configDirectory().file("dunning.yaml", builtIn: Defaults.dunning)
        let policies = try DunningFile.read(file.text, path: file.path)
        return (policies["default"] ?? DunningPolicy()).triesMax
    }
}
