import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// `dunlin invoices link`: the address of the page on which a customer pays a debt (money.md 23).
struct InvoicesLink: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Print the link on which the customer pays this invoice, or revoke it.",
        discussion: """
            Whoever has the link can pay this one debt, and see its amount and the last digits of the card. Its page is
            served by dunlin run and dunlin serve. The same link is printed again until it has expired (recovery.link_days);
            then a new one is.

            Examples:
              dunlin invoices link 42
              dunlin invoices link 42 --revoke --reason "sent to the wrong address"
            """)

    @Argument(help: "The invoice.") var id: Int64
    @Flag(help: "End every link that was printed so far. The next one printed is a new one.")
    var revoke = false
    @Option(help: .init("Why, with --revoke; kept, and shown with the invoice.", valueName: "text"))
    var reason: String?
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Result: Encodable {
        let invoice: Int64
        let url: String?
        let expiresAt: String?
        let generation: Int
        let revoked: Bool
        let state: String
    }

    func validate() throws {
        if revoke, reason?.allSatisfy(\.isWhitespace) ?? true { throw ValidationError("--revoke needs a --reason") }
        if !revoke, reason != nil { throw ValidationError("--reason goes with --revoke") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let database = try context.openDatabase(settings)
        defer { database.close() }
        return revoke ? try await end(database, settings, context) : try await show(database, settings, context)
    }

    private func show(_ database: Database, _ settings: Settings, _ context: Context) async throws -> ExitStatus {
        guard let recovery = try LiveRecovery(settings, databaseID: database.databaseID, makesKey: true) else {
            throw CommandFailure(
                .badInput, "set public_url: the address under which customers reach the public listener")
        }
        let (id, days, now) = (id, recovery.linkDays, context.clock.now())
        let found = try await database.write(step: "issue-link") { tx -> (Invoice, RecoveryLink)? in
            guard let invoice = try Invoices.find(id, tx) else { return nil }
            return (invoice, try RecoveryLinks.issue(invoice, days: days, now: now, tx))
        }
        guard let (invoice, link) = found else { throw CommandFailure(.badInput, "there is no invoice \(id)") }
        let url = recovery.address(of: invoice.recoveryDebt, generation: link.generation)
        let result = Result(
            invoice: id, url: url, expiresAt: link.expiresAt.rfc3339Seconds, generation: link.generation,
            revoked: false,
            state: invoice.state.rawValue)
        try context.output.show(result) { [url] }
        if invoice.state == .open {
            context.output.remark("good until \(link.expiresAt.rfc3339Seconds)")
        } else {
            context.output.remark("invoice \(id) is \(invoice.state.rawValue): its page says so, and takes no payment")
        }
        return .done
    }

    private func end(_ database: Database, _ settings: Settings, _ context: Context) async throws -> ExitStatus {
        let (id, now, actor, reason) = (id, context.clock.now(), context.actor, Redaction.clean(reason ?? ""))
        let revoked = try await database.write(step: "revoke-link") { tx -> (Invoice, Int)? in
            guard let invoice = try Invoices.find(id, tx) else { return nil }
            let next = try RecoveryLinks.revoke(invoice, now: now, tx)
            try Activity.add(
                "link_revoked", subscriptionID: invoice.subscriptionID, invoiceID: id, reason: reason, actor: actor,
                now: now, tx)
            return (invoice, next)
        }
        guard let (invoice, next) = revoked else { throw CommandFailure(.badInput, "there is no invoice \(id)") }
        let result = Result(
            invoice: id, url: nil, expiresAt: nil, generation: next, revoked: true, state: invoice.state.rawValue)
        try context.output.show(result) {
            [
                "every link to invoice \(id) that was printed so far has ended; dunlin invoices link \(id) prints a new one"
            ]
        }
        return .done
    }
}
