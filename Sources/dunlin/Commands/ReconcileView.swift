import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// The result of `dunlin reconcile` as scripts read it: fields are added, never renamed.
struct ReconcileResult: Encodable, Sendable {
    /// True when everything was compared and nothing differs.
    let ok: Bool
    let runs: [ReconcileView]
    /// Gateways that could not be asked, with why.
    let notCompared: [String: String]

    init(_ runs: [ReconcileView], notCompared: [String: String]) {
        self.runs = runs
        self.notCompared = notCompared
        ok = notCompared.isEmpty && runs.allSatisfy { $0.differences == 0 }
    }

    func lines(_ output: Output) -> [String] {
        if runs.isEmpty, notCompared.isEmpty { return ["No gateway has been used yet: there is nothing to compare."] }
        var lines = runs.flatMap { $0.lines(output) }
        for (name, why) in notCompared.sorted(by: { $0.key < $1.key }) {
            lines.append(output.bad("\(name) was not compared: \(why)"))
        }
        return lines
    }
}

/// One run for people and scripts.
struct ReconcileView: Encodable, Sendable {
    struct Difference: Encodable, Sendable {
        let list: String
        let object: String
        let objectId: String
        let field: String?
        let ledgerValue: String?
        let gatewayValue: String?
        let amountMinor: Int64?
        let currency: String?
        let subscriptionId: String?
        let periodStart: String?
        let invoiceId: Int64?
        let movesMoney: Bool
        let text: String
    }

    /// More are in `dunlin report reconciliation`.
    static let differencesMax = 100

    let run: Int64
    let gateway: String
    let from: String
    let through: String
    let startedAt: String
    let endedAt: String?
    let checked: Int64
    /// Rows that changed while it ran.
    let leftOut: Int64
    /// Payments at the gateway that have nothing to do with Dunlin.
    let foreign: Int64
    let differences: Int64
    /// How many differences each of the four lists has.
    let lists: [String: Int64]
    let exceptions: [Difference]
    /// What a comparison with this gateway cannot show.
    let blindSpots: [String]

    init(_ run: ReconcileRun, blindSpots: [String], _ tx: Transaction) throws {
        let found = try ReconcileExceptions.of(runID: run.id, limit: Self.differencesMax, tx)
        self.init(
            run, lists: try ReconcileExceptions.counts(runID: run.id, tx), exceptions: found.map(\.exception),
            blindSpots: blindSpots)
    }

    init(
        _ run: ReconcileRun, lists: [ReconcileException.List: Int64], exceptions: [ReconcileException] = [],
        blindSpots: [String] = []
    ) {
        self.run = run.id
        gateway = run.gateway
        from = run.from.rfc3339Seconds
        through = run.through.rfc3339Seconds
        startedAt = run.startedAt.rfc3339Seconds
        endedAt = run.endedAt?.rfc3339Seconds
        checked = run.checked
        leftOut = run.leftOut
        foreign = run.foreignCount
        differences = run.differences
        self.lists = Dictionary(
            ReconcileException.List.allCases.map { ($0.rawValue, lists[$0] ?? 0) }, uniquingKeysWith: { $1 })
        self.exceptions = exceptions.map(Difference.init)
        self.blindSpots = blindSpots
    }

    var headline: String {
        let left = leftOut == 0 ? "" : ", \(leftOut) left out because they changed meanwhile"
        let others = foreign == 0 ? "" : ", \(foreign.counted("payment")) of others"
        return "\(gateway), run \(run): \(from) to \(through), \(checked) compared, "
            + "\(differences.counted("difference"))\(left)\(others)"
    }

    func lines(_ output: Output) -> [String] {
        var lines = [differences == 0 ? output.good(headline) : output.bad(headline)]
        for exception in exceptions { lines.append("  \(exception.list): \(exception.text)") }
        if differences > Int64(exceptions.count) {
            lines.append("  and \(differences - Int64(exceptions.count)) more: dunlin report reconciliation")
        }
        return lines + blindSpots.map { output.faint("  \($0)") }
    }
}

extension ReconcileView.Difference {
    init(_ exception: ReconcileException) {
        self.init(
            list: exception.list.rawValue, object: exception.object.rawValue, objectId: exception.objectID,
            field: exception.field.isEmpty ? nil : exception.field, ledgerValue: exception.ledgerValue,
            gatewayValue: exception.gatewayValue, amountMinor: exception.amount?.minorUnits,
            currency: exception.amount?.currency.code, subscriptionId: exception.subscriptionID,
            periodStart: exception.periodStart, invoiceId: exception.invoiceID, movesMoney: exception.movesMoney,
            text: exception.text)
    }
}
