import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinReports

/// `dunlin reconcile`: compares the ledger with the gateways and names every difference.
struct ReconcileCommand: DunlinCommand {
    enum Foreign: String, ExpressibleByArgument, CaseIterable {
        case list, count
    }

    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare the ledger with the gateways; name every difference.",
        discussion: """
            Payments, refunds and disputes of the window, and everything of the ledger that has not ended, in four
            lists: at the gateway only, in the ledger only, differing (amount, currency, status, refunded, dispute), two
            successes for one period. What changes while it runs is left out and counted. A run that is cut off goes on
            where it was. Nothing is charged or refunded; where the gateway shows money that the ledger has not heard
            of, the next pass reads it again. Status 0: no difference; 1: some; 3: a gateway could not be asked.

            Examples:
              dunlin reconcile
              dunlin reconcile --from 2026-10-01 --to 2026-10-31 --payouts
              dunlin reconcile --gateway stripe --json
              dunlin report reconciliation
            """)

    @Option(help: .init("From this day on (accounting time zone), or this time.", valueName: "date"))
    var from: String?
    @Option(help: .init("To the end of this day, or to this time; now without it.", valueName: "date"))
    var to: String?
    @Option(help: .init("So many days back, where --from says nothing.", valueName: "n"))
    var days: Int64 = 35
    @Option(help: .init("Only this gateway.", valueName: "name"))
    var gateway: String?
    @Option(
        help: .init(
            "Payments at the gateway that have nothing to do with Dunlin: list or count. Default: list.",
            valueName: "how"))
    var foreign = Foreign.list
    @Flag(help: "Tie charges to balance transactions and payouts (Stripe): gross, fee, net.")
    var payouts = false
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        guard (1...3_660).contains(days) else { throw ValidationError("--days takes 1 to 3660") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let window = try ReconcileWindow(from: from, to: to, zone: settings.accountingZone)
        return try await LiveBilling.use(context, settings) { live in
            try await run(context, settings, live.billing, window)
        }
    }

    private func run(
        _ context: Context, _ settings: Settings, _ billing: Billing, _ window: ReconcileWindow
    ) async throws -> ExitStatus {
        let gateways = try await UsedGateways(billing: billing).choose(gateway, settings)
        var views: [ReconcileView] = []
        var refused = gateways.unreachable
        for name in gateways.names {
            do {
                views.append(try await compare(name, context, billing, window))
            } catch let error as ReconcileError where error.code == .unavailable {
                refused[name] = "\(error.description): run it again, it goes on where it was"
            } catch let error as ReconcileRefusal {
                refused[name] = error.description
            }
        }
        let result = ReconcileResult(views, notCompared: refused)
        try context.output.show(result) { result.lines(context.output) }
        if !refused.isEmpty { return .gateway }
        return result.ok ? .done : .needsPerson
    }

    private func compare(
        _ name: String, _ context: Context, _ billing: Billing, _ window: ReconcileWindow
    ) async throws -> ReconcileView {
        guard let configured = billing.gateways[name] else { throw ReconcileRefusal("it is not configured") }
        let verdict = try await FirstContact(billing: billing, gateway: configured).make()
        guard verdict == .ready else { throw ReconcileRefusal(verdict.text) }
        var options = Reconciliation.Options()
        options.from = window.from
        options.through = window.through
        options.days = days
        options.listsForeign = foreign == .list
        options.withPayouts = payouts
        options.actor = context.actor
        options.afterPage = { run in
            guard run.pages % 50 == 0 else { return }
            context.output.remark("\(run.gateway): \(run.checked) compared, at \(run.phase.rawValue)")
        }
        do {
            let run = try await Reconciliation(billing: billing, gateway: name).run(options)
            return try await billing.database.read { tx in
                try ReconcileView(run, blindSpots: Reconciliation.blindSpots(configured.driver), tx)
            }
        } catch let error as ReconcileError where error.code != .unavailable {
            throw CommandFailure(error.code == .badWindow ? .badInput : .needsPerson, error.description)
        }
    }
}

/// Why a gateway was not compared.
struct ReconcileRefusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// `--from` and `--to`: days of the accounting time zone, or times.
struct ReconcileWindow {
    let from: Instant?
    let through: Instant?

    init(from: String?, to: String?, zone: Zone) throws {
        self.from = try from.map { try Self.instant($0, "--from", zone).start }
        through = try to.map { try Self.instant($0, "--to", zone).end }
        if let from = self.from, let through, from > through { throw ValidationError("--to is before --from") }
    }

    /// A day from its beginning to its last moment; a time is both.
    private static func instant(_ text: String, _ option: String, _ zone: Zone) throws -> (start: Instant, end: Instant)
    {
        if let instant = Instant(rfc3339: text) { return (instant, instant) }
        let date = try LocalDate(text).orRefuse(
            "\(option) expects a date such as 2026-10-31, or a time such as 2026-10-31T12:00:00Z")
        let day = AccountingDay(date: date, zone: zone)
        return (day.start(), day.start(addingDays: 1).adding(milliseconds: -1))
    }
}

/// Which gateways there is something to compare with.
struct UsedGateways {
    struct Choice {
        var names: [String] = []
        /// Those that cannot be asked, with why.
        var unreachable: [String: String] = [:]
    }

    let billing: Billing

    /// Those that the data file has ever spoken to; the one that is named, whether it has or not.
    func choose(_ name: String?, _ settings: Settings) async throws -> Choice {
        if let name, settings.gateway(name) == nil {
            let known = settings.gateways.map(\.name).joined(separator: ", ")
            throw CommandFailure(.badInput, "--gateway \(name): the settings have \(known)")
        }
        let used = try await billing.database.read { tx in try GatewayStates.all(tx).map(\.gateway) }
        var choice = Choice()
        for gateway in name.map({ [$0] }) ?? used.sorted() {
            if billing.gateways[gateway] != nil {
                choice.names.append(gateway)
            } else if let variable = billing.keyless[gateway] {
                choice.unreachable[gateway] = "no key: set \(variable)"
            } else {
                choice.unreachable[gateway] = "the settings have no such gateway"
            }
        }
        return choice
    }
}
