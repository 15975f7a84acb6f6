import ArgumentParser
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// `dunlin invoices refund`: money that was collected goes back (money.md 24).
struct InvoicesRefund: HandCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund",
        abstract: "Give back what invoices collected: all of it, or of one a part.",
        discussion: """
            The refund is written with who asked for it and why; the next pass sends it. The subscription goes on: end it
            in your own rows. A reason of duplicate, fraudulent or requested_by_customer is told to the gateway as such;
            for any other text it is told requested_by_customer.

            Examples:
              dunlin invoices refund 42 --reason "charged by mistake" --dry-run
              dunlin invoices refund 42 --amount 12.34 --reason "three days of outage"
              dunlin invoices refund --filter state=paid,plan=gold,since=2026-11-01 --reason "billed twice" --dry-run
            """)

    @Argument(help: "The invoices.") var ids: [Int64] = []
    @Option(
        help: .init(
            "Of one invoice, in major units of its currency, such as 12.34; all that is left without it.",
            valueName: "amount"))
    var amount: String?
    @OptionGroup var hand: HandOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private var reason: String { hand.reason }
    private var dryRun: Bool { hand.dryRun }

    private struct Result: Encodable {
        let invoice: Int64
        /// Of the refunds of its payment; nil for a dry run.
        let refund: Int?
        let gateway: String
        let amount: String
        let amountMinor: Int64
        let currency: String
        /// What is left of the payment then.
        let leftMinor: Int64
        let reason: String
        let state: String
        let waits: String?
        let dryRun: Bool
    }

    func validate() throws {
        try hand.check(idCount: ids.count)
        if amount != nil, ids.count != 1 { throw ValidationError("--amount is for one invoice") }
    }

    func verb(_ context: Context) -> InvoiceVerb { .refund }

    func run(in context: Context) async throws -> ExitStatus {
        guard ids.count == 1, let id = ids.first else { return try await decide(context) }
        let database = try context.openDatabase(try context.settings())
        defer { database.close() }
        let (answer, refund) = try await answer(id, database, context)
        switch answer {
        case .notHere: throw CommandFailure(.badInput, "there is no invoice \(id)")
        case .refused(_, let why): throw CommandFailure(.badInput, "invoice \(id) is not refunded: \(why)")
        case .planned(let plan): try show(plan, refund, context)
        }
        return .done
    }

    private func answer(
        _ id: Int64, _ database: Database, _ context: Context
    ) async throws -> (answer: RefundInvoice.Answer, refund: Refund?) {
        let (amount, reason, now, actor) = (amount, Redaction.clean(reason), context.clock.now(), context.actor)
        if dryRun {
            return (
                try await database.read { tx in try RefundInvoice.plan(invoiceID: id, amount: amount, tx) }, nil
            )
        }
        return try await database.write(step: "refund-invoice") { tx in
            try RefundInvoice.request(invoiceID: id, amount: amount, reason: reason, actor: actor, now: now, tx)
        }
    }

    private func show(_ plan: RefundInvoice.Plan, _ refund: Refund?, _ context: Context) throws {
        let code = plan.intent.currencyCode
        let text = Currency(code).map { Money(minorUnits: plan.amountMinor, currency: $0).majorUnits }
        let amount = text ?? String(plan.amountMinor)
        let result = Result(
            invoice: plan.invoice.id, refund: refund?.number, gateway: plan.intent.gateway, amount: amount,
            amountMinor: plan.amountMinor, currency: code, leftMinor: plan.leftMinor, reason: Redaction.clean(reason),
            state: refund?.state.rawValue ?? "planned", waits: plan.waits, dryRun: dryRun)
        try context.output.show(result) {
            let what = "\(amount) \(code) of invoice \(plan.invoice.id)"
            let first =
                dryRun
                ? "\(what) would go back; nothing was written"
                : "\(what) goes back with the next pass: dunlin run --once, or the worker that runs"
            return [first] + (plan.waits.map { [$0] } ?? [])
        }
    }
}

/// `dunlin invoices settle-refund`: a person says what became of a refund that the gateway cannot be asked about.
struct InvoicesSettleRefund: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle-refund",
        abstract: "Say what became of an unknown refund at a gateway that cannot list refunds.",
        discussion: """
            Look it up in the gateway's dashboard first. A refund that is there is read before it is believed.

            Examples:
              dunlin invoices settle-refund 42 --gateway-id re_123 --reason "seen in the dashboard"
              dunlin invoices settle-refund 42 --never-happened --reason "not in the dashboard after a day"
            """)

    @Argument(help: "The invoice.") var id: Int64
    @Option(help: .init("It is this refund.", valueName: "id"))
    var gatewayID: String?
    @Flag(help: "It is not at the gateway. Another one may be asked for then.")
    var neverHappened = false
    @Option(help: .init("How you know; kept, and shown with the invoice.", valueName: "text"))
    var reason: String
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Result: Encodable {
        let invoice: Int64
        let refund: Int
        let state: String
        let gatewayID: String?
    }

    func validate() throws {
        if (gatewayID == nil) != neverHappened { throw ValidationError("say --gateway-id or --never-happened") }
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty") }
        let isWord = gatewayID?.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f } ?? true
        if !isWord || gatewayID?.isEmpty == true { throw ValidationError("--gateway-id takes an id, such as re_123") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let database = try context.openDatabase(try context.settings())
        defer { database.close() }
        let (id, reason, now, actor) = (id, Redaction.clean(reason), context.clock.now(), context.actor)
        let word: SettleRefund.Word = gatewayID.map { .isThere(gatewayID: $0) } ?? .neverHappened
        let answer = try await database.write(step: "settle-refund") { tx in
            try SettleRefund.settle(invoiceID: id, word, reason: reason, actor: actor, now: now, tx)
        }
        switch answer {
        case .notHere: throw CommandFailure(.badInput, "there is no invoice \(id)")
        case .refused(_, let why): throw CommandFailure(.badInput, "invoice \(id): \(why)")
        case .noted(let refund):
            let result = Result(
                invoice: id, refund: refund.number, state: refund.state.rawValue, gatewayID: refund.toldID)
            try context.output.show(result) {
                refund.state.isFinal
                    ? ["refund \(refund.number) of invoice \(id) never happened; another one may be asked for"]
                    : ["refund \(refund.number) of invoice \(id) is read by the next pass"]
            }
            return .done
        }
    }
}
