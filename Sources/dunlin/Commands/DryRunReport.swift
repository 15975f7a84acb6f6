import DunlinCalendar
import DunlinCore
import DunlinJobs
import DunlinLedger

/// What `dunlin run --once --dry-run` prints: fields are added, never renamed.
struct DryRunReport: Encodable {
    struct Charge: Encodable {
        let subscription: String
        let customer: String
        let gateway: String
        let periodStart: String
        let periodEnd: String
        let amount: String
        let amountMinor: Int64
        let currency: String
        /// The pass opens this invoice; nil for one that is open already.
        let invoice: Int64?
        let chargeAt: String
        /// The gateway is asked first whether the debt was collected already.
        let asksFirst: Bool
        let paymentMethod: String?
        /// Why it would not be charged, or surely fail.
        let problem: String?
    }

    struct Total: Encodable {
        let currency: String
        let charges: Int
        let amount: String
        let amountMinor: Int64
    }

    struct Parked: Encodable {
        let subscription: String
        let reason: String
    }

    let due: Int
    let invoiced: Int
    let charges: [Charge]
    /// Of the charges without a problem.
    let totals: [Total]
    /// Of those with one.
    let totalsWithProblem: [Total]
    /// Periods that get a decision, by its kind and reason.
    let decided: [String: Int]
    let parked: [Parked]
    /// Gateways that have no key, with where one is to come from: nothing was planned there.
    let gateways: [String: String]

    init(_ result: DryRun.Result) {
        due = result.planned.due
        invoiced = result.planned.invoiced
        charges = result.charges.map(Charge.init)
        totals = Self.totals(charges.filter { $0.problem == nil })
        totalsWithProblem = Self.totals(charges.filter { $0.problem != nil })
        decided = result.decided
        parked = result.parked.map { Parked(subscription: $0.subscriptionID, reason: $0.reason) }
        gateways = result.keyless.mapValues { "no key: set \($0)" }
    }

    private static func totals(_ charges: [Charge]) -> [Total] {
        Dictionary(grouping: charges, by: \.currency).sorted { $0.key < $1.key }.map { code, charges in
            var sum: Int64 = 0
            var isWhole = true
            for charge in charges {
                let (next, overflow) = sum.addingReportingOverflow(charge.amountMinor)
                if overflow { isWhole = false } else { sum = next }
            }
            let money = Currency(code).map { Money(minorUnits: sum, currency: $0).majorUnits } ?? "\(sum)"
            return Total(
                currency: code, charges: charges.count, amount: isWhole ? money : "too large a sum", amountMinor: sum)
        }
    }

    /// A person sees so many charges; all of them are in the JSON.
    private static let shownMax = 100

    func lines(_ output: Output) -> [String] {
        var lines = [
            "due \(due), would be invoiced \(invoiced), would be charged \(charges.count { $0.problem == nil })"
        ]
        if !charges.isEmpty { lines += [""] + output.lines(of: table) }
        if charges.count > Self.shownMax { lines.append("… and \(charges.count - Self.shownMax) more; --json has all") }
        lines.append("")
        for total in totals { lines.append("would be charged: \(total.text)") }
        for total in totalsWithProblem { lines.append("has a problem:    \(total.text)") }
        for (what, periods) in decided.sorted(by: { $0.key < $1.key }) {
            lines.append("not billed, \(what): \(periods.counted("period"))")
        }
        lines += parked.map { "parked: \($0.subscription): \($0.reason)" }
        lines += gateways.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return lines + ["Nothing was stored, and nothing was sent."]
    }

    private var table: Table {
        Table(
            [
                .left("SUBSCRIPTION"), .left("CUSTOMER"), .left("PERIOD"), .right("AMOUNT"), .left("INVOICE"),
                .left("CARD"), .left("NOTE"),
            ],
            rows: charges.prefix(Self.shownMax).map { charge in
                [
                    charge.subscription, charge.customer, "\(charge.periodStart) to \(charge.periodEnd)",
                    "\(charge.amount) \(charge.currency)", charge.invoice.map { "\($0)" } ?? "new",
                    charge.paymentMethod ?? "", charge.note,
                ]
            })
    }
}

extension DryRunReport.Total {
    fileprivate var text: String { "\(amount) \(currency) in \(charges)" }
}

extension DryRunReport.Charge {
    init(_ charge: DryRun.Charge) {
        let invoice = charge.invoice
        self.init(
            subscription: invoice.subscriptionID, customer: invoice.customerID, gateway: invoice.gateway,
            periodStart: invoice.periodStart, periodEnd: invoice.periodEnd,
            amount: invoice.amount?.majorUnits ?? "\(invoice.amountMinor)", amountMinor: invoice.amountMinor,
            currency: invoice.currencyCode, invoice: charge.isNew ? nil : invoice.id,
            chargeAt: charge.runAt.rfc3339Seconds, asksFirst: invoice.asksFirst,
            paymentMethod: charge.outlook.method?.id, problem: charge.outlook.obstacle?.text)
    }

    fileprivate var note: String { problem ?? (asksFirst ? "late: the gateway is asked first" : "") }
}
