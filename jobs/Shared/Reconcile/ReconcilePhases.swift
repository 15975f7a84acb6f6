import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Reads the next page of a run and compares it. Writes nothing.
struct ReconcilePhases: Sendable {
    /// The gateway's clock and ours write the same moment down apart; both sides are read a little further back.
    static let marginHours: Int64 = 24

    let billing: Billing
    let gateway: BillingGateway
    let store: Database
    let run: ReconcileRun

    /// What a run goes through, in order.
    static func plan(_ driver: any PaymentGateway, withPayouts: Bool) -> [ReconcilePhase] {
        switch driver.capabilities.listing {
        case .byCreation:
            let money: [ReconcilePhase] = [.payouts, .payoutTransactions, .transactions]
            return [.intents, .charges, .refunds, .disputes, .ledgerIntents, .ledgerRefunds, .ledgerDisputes]
                + (withPayouts && hasPayouts(driver.kind) ? money : []) + [.verify, .done]
        case .byReference: return [.references, .ledgerRefunds, .foreignEvents, .verify, .done]
        case .none: return [.ledgerIntents, .ledgerRefunds, .foreignEvents, .verify, .done]
        }
    }

    static func hasPayouts(_ kind: GatewayKind) -> Bool { kind == .stripe }

    func page() async throws -> ReconcilePage {
        do {
            switch run.phase {
            case .intents: return try await intents()
            case .charges: return try await charges()
            case .refunds: return try await refunds()
            case .disputes: return try await disputes()
            case .references: return try await references()
            case .foreignEvents: return try await foreignEvents()
            case .ledgerIntents: return try await ledgerIntents()
            case .ledgerRefunds: return try await ledgerRefunds()
            case .ledgerDisputes: return try await ledgerDisputes()
            case .payouts: return try await payouts()
            case .payoutTransactions: return try await payoutTransactions()
            case .transactions: return try await transactions()
            case .verify: return try await verify()
            case .done: return ReconcilePage()
            }
        } catch let error as GatewayUnavailable {
            throw ReconcileError(error, gateway: gateway.name)
        }
    }

    var driver: any PaymentGateway { gateway.driver }
    var name: String { gateway.name }

    /// The part of a list that is due.
    func query(through: Bool = true) -> MoneyQuery {
        MoneyQuery(createdFrom: run.from, createdThrough: through ? run.through : nil, cursor: run.cursor)
    }

    /// A page of one of the gateway's lists, handed to `body` with a snapshot of the ledger.
    ///
    /// - Parameters:
    ///   - id: what the next page goes on after.
    ///   - body: compares one item.
    func list<Item: Sendable>(
        _ reply: GatewayReply<ListPage<Item>>, id: @escaping @Sendable (Item) -> String,
        _ body: @escaping @Sendable (Item, inout ReconcilePage, Transaction) throws -> Void
    ) async throws -> ReconcilePage {
        guard let listed = try value(reply, "the list of \(run.phase.rawValue)") else {
            // The object behind the cursor is gone: the list is read from its beginning, which finds nothing twice.
            return try await restarted(reply.exchanges)
        }
        var page = try await billing.database.read { tx in
            var page = ReconcilePage()
            for item in listed.items { try body(item, &page, tx) }
            return page
        }
        page.exchanges = reply.exchanges
        page.cursor = listed.hasMore ? listed.items.last.map(id) : nil
        return page
    }

    private func restarted(_ exchanges: [Exchange]) async throws -> ReconcilePage {
        let again = ReconcilePhases(billing: billing, gateway: gateway, store: store, run: run.fromTheTop)
        var page = try await again.page()
        page.exchanges = exchanges + page.exchanges
        return page
    }

    /// The value of a reply; nil when the cursor of the request was refused.
    private func value<Value>(_ reply: GatewayReply<Value>, _ what: String) throws -> Value? {
        switch reply.result {
        case .value(let value): return value
        case .refused(let refusal) where run.cursor != nil && refusal.kind != .key: return nil
        default: throw GatewayUnavailable(reply.result, about: what)
        }
    }

    /// What one read by id shows; nil when the gateway has no such object.
    func found<Value>(_ reply: GatewayReply<Value>, _ what: String) throws -> Value? {
        switch reply.result {
        case .value(let value): return value
        case .refused(let refusal) where refusal.kind == .notFound: return nil
        default: throw GatewayUnavailable(reply.result, about: what)
        }
    }

    /// True when the ledger's row changed while the run was on its way: nothing can be said about it as of its start.
    func isLeftOut(changedAt: Instant, inFlightUntil: Instant? = nil) -> Bool {
        changedAt > run.startedAt || (inFlightUntil.map { $0 >= run.startedAt } ?? false)
    }
}

extension ReconcileRun {
    fileprivate var fromTheTop: ReconcileRun {
        var run = self
        run.cursor = nil
        return run
    }
}

/// How urgent the reads of a task are. What nobody waits for takes only permits that are plenty (money.md 14).
public enum ReadPriority: Sendable {
    case usual, low

    @TaskLocal public static var current = ReadPriority.usual
}
