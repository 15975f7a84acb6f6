import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox

/// How a scenario must end, whatever happened on the way.
struct Ending: Hashable, Sendable {
    var successes: Int
    var state: Invoice.State
    var waitsFor: Invoice.Wait?
    /// More than one subscription pays.
    var subscriptions = ["s1"]

    static let paid = Ending(successes: 1, state: .paid)
}

/// Holds both sides against how it must end.
enum Judge {
    /// - Returns: what is wrong, in words; empty when nothing.
    static func problems(_ stage: Stage, _ ending: Ending) async throws -> [String] {
        var problems = try await stage.violations()
        let audit = stage.sandbox.audit
        problems += audit.doubles.map { "\($0.period.subscription) was charged twice: \($0.intentIDs)" }
        if audit.successes != ending.successes { problems.append("\(audit.successes) successes at the gateway") }
        for id in ending.subscriptions {
            problems += try await invoiceProblems(stage, id, ending)
        }
        problems += try await intentProblems(stage)
        let jobs = try await stage.text("SELECT kind || ' is ' || state FROM jobs WHERE state IN ('running', 'dead')")
        problems += jobs
        return problems
    }

    /// Another pass, at rest, sends nothing that moves money.
    static func problemsOfAnotherPass(_ stage: Stage) async throws -> [String] {
        let before = stage.wire.moneyRequests.count
        try await stage.pass()
        let more = stage.wire.moneyRequests.dropFirst(before)
        return more.map { "a further pass sent a \($0.kind)" }
    }

    private static func invoiceProblems(_ stage: Stage, _ id: String, _ ending: Ending) async throws -> [String] {
        let invoices = try await stage.invoices(id)
        guard invoices.count == 1, let invoice = invoices.first else { return ["\(invoices.count) invoices of \(id)"] }
        var problems: [String] = []
        if invoice.state != ending.state { problems.append("invoice is \(invoice.state)") }
        if invoice.waitsFor != ending.waitsFor {
            problems.append("invoice waits for \(invoice.waitsFor?.rawValue ?? "nothing")")
        }
        let expected = ending.successes > 0 ? invoice.invoice.amountMinor : 0
        if invoice.collectedMinor != expected { problems.append("\(invoice.collectedMinor) collected in the ledger") }
        return problems
    }

    /// What can still be paid at the gateway is known, and belongs to a debt that is open.
    private static func intentProblems(_ stage: Stage) async throws -> [String] {
        let payable = Set(
            try await stage.text(
                """
                SELECT t.gateway_id FROM intents t JOIN invoices i ON i.id = t.invoice_id
                WHERE t.gateway_id IS NOT NULL AND t.status NOT IN ('canceled', 'succeeded') AND i.state = 'open'
                """))
        return try stage.gatewayIntents().filter { $0.isOpen && !payable.contains($0.id) }.map {
            "intent \($0.id) is \($0.status) at the gateway, and nothing waits for it"
        }
    }
}
