import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinReports

/// Compares the ledger with the gateways for `prove`: reads both sides and keeps what it finds in memory, since `prove`
/// never writes.
struct ProveComparison {
    struct Outcome {
        var comparisons: [ProofComparison] = []
        /// A gateway has a key and could not be asked with it.
        var hasFailed = false
    }

    let context: Context
    let settings: Settings
    /// From when on; nil for the usual window.
    let from: Instant?

    /// Those that the data file has ever spoken to.
    static func used(_ tx: Transaction) throws -> [String] { try GatewayStates.all(tx).map(\.gateway) }

    func run() async throws -> Outcome {
        let database = try LiveDatabase.openReadOnly(settings.database, log: context.log)
        defer { database.close() }
        let used = try await database.read { tx in try Self.used(tx) }
        guard !used.isEmpty else { return Outcome() }
        let live = try LiveBilling(context, settings, database, reads: .paced)
        do {
            let outcome = try await compare(used, live.billing)
            try await live.shutDown()
            return outcome
        } catch {
            try await live.shutDown()
            throw error
        }
    }

    private func compare(_ used: [String], _ billing: Billing) async throws -> Outcome {
        var outcome = Outcome()
        for name in used {
            do {
                if let found = try await compare(name, billing) {
                    outcome.comparisons.append(found)
                } else {
                    try await fallBack(name, "no key: set \(billing.keyless[name] ?? "one")", billing, &outcome)
                }
            } catch let error as ReconcileError {
                if error.code != .notOffered { outcome.hasFailed = true }
                try await fallBack(name, error.description, billing, &outcome)
            } catch let error as ReconcileRefusal {
                outcome.hasFailed = true
                try await fallBack(name, error.description, billing, &outcome)
            }
        }
        return outcome
    }

    private func fallBack(
        _ name: String, _ reason: String, _ billing: Billing, _ outcome: inout Outcome
    ) async throws {
        let stored = try await billing.database.read { tx in try ProofComparison.stored(name, reason: reason, tx) }
        outcome.comparisons.append(stored)
    }

    /// - Returns: nil where there is no key.
    private func compare(_ name: String, _ billing: Billing) async throws -> ProofComparison? {
        guard let gateway = billing.gateways[name] else { return nil }
        try await requireOurs(gateway.driver, billing)
        let memory = try Database.open(.memory(migrations: Ledger.reconciling, databaseID: billing.databaseID))
        defer { memory.close() }
        var options = Reconciliation.Options()
        options.from = from
        // What has nothing to do with Dunlin breaks no promise.
        options.listsForeign = false
        let run = try await Reconciliation(billing: billing, gateway: name, memory: memory).run(options)
        return try await memory.read { tx in try ProofComparison(run, how: .now, tx) }
    }

    /// The key must be of the account that the data file is bound to: another account has other payments.
    private func requireOurs(_ driver: any PaymentGateway, _ billing: Billing) async throws {
        let name = driver.name
        guard let known = try await billing.database.read({ tx in try GatewayStates.find(name, tx) }) else { return }
        guard known.mode == driver.mode else {
            throw ReconcileRefusal(
                "the key is of \(driver.mode.rawValue) mode, the data file of \(known.mode.rawValue)")
        }
        guard known.keyHash != driver.keyHash else { return }
        guard case .value(let identity) = await driver.identify().result else {
            throw ReconcileRefusal("the account behind its key could not be asked for")
        }
        guard identity.account == known.account else {
            throw ReconcileRefusal("its key is of another account than the data file")
        }
    }
}
