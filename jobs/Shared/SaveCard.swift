public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// Stores what a SetupIntent proves. The one way by which `(customer, payment method)` gets into the ledger, whoever says
/// that something happened: a webhook, a person, a browser that came back. None of them is believed; the gateway is
/// asked with the secret key, and only `succeeded` stores anything.
public struct SaveCard: Sendable {
    public enum Outcome: Hashable, Sendable {
        case stored(SavedCards.Stored, SetupIntentSnapshot)
        /// The SetupIntent has not succeeded, or names no customer or method.
        case nothingSaved(SetupIntentSnapshot)
        /// A SetupIntent of the other mode: not ours.
        case wrongMode(SetupIntentSnapshot)
        /// The gateway did not tell.
        case notRead(GatewayFailure)
    }

    private let database: Database
    private let gateway: any ChargingGateway & SavedCardsGateway
    private let now: @Sendable () -> Instant

    public init(
        database: Database, gateway: any ChargingGateway & SavedCardsGateway, now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.gateway = gateway
        self.now = now
    }

    /// - Throws: `DatabaseError`.
    public func run(setupIntentID: String) async throws -> Outcome {
        let askedAt = now()
        let reply = await gateway.setupIntent(setupIntentID)
        try await keep(reply.exchanges)
        if let failure = reply.failure(movesMoney: false) { return .notRead(failure) }
        guard case .value(let intent) = reply.result else { return .notRead(.noAnswer) }
        return try await store(intent, askedAt: askedAt)
    }

    /// Stores what a SetupIntent proves that was just read with the secret key.
    ///
    /// - Parameter askedAt: when the request began whose answer it is.
    /// - Throws: `DatabaseError`.
    public func store(_ intent: SetupIntentSnapshot, askedAt: Instant) async throws -> Outcome {
        if let isLive = intent.isLive, isLive != (gateway.mode == .live) { return .wrongMode(intent) }
        let name = gateway.name
        let usage = try await database.write(step: "note-setup-intent") { tx in
            try SetupIntents.note(intent, gateway: name, askedAt: askedAt, tx)
            try watch(intent, askedAt: askedAt, tx)
            return try intent.usage?.rawValue
                ?? SetupIntents.find(gateway: name, gatewayID: intent.id, tx)?.usage
        }
        guard let saved = intent.savedCard else { return .nothingSaved(intent) }
        let reply = await gateway.paymentMethod(saved.paymentMethodID, customerID: saved.customerID)
        try await keep(reply.exchanges)
        if let failure = reply.failure(movesMoney: false) { return .notRead(failure) }
        guard case .value(let method) = reply.result else { return .notRead(.noAnswer) }
        guard method.id == saved.paymentMethodID, method.customerID ?? saved.customerID == saved.customerID else {
            return .nothingSaved(intent)
        }
        // The customer agreed to absent charges when the setup was for them.
        let consentAt = usage == SetupUsage.offSession.rawValue ? intent.createdAt ?? askedAt : nil
        let now = now()
        let stored = try await database.write(step: "store-saved-card") { tx in
            try SavedCards.store(
                method, gateway: name, gatewayCustomerID: saved.customerID, consentAt: consentAt, now: now, tx)
        }
        return .stored(stored, intent)
    }

    /// The customer or the bank is at it: what comes of it is read, whether or not a webhook tells.
    private func watch(_ intent: SetupIntentSnapshot, askedAt: Instant, _ tx: Transaction) throws {
        guard intent.status.waitsForSomebody,
            let customer = try intent.customerID.flatMap({
                try Customers.id(gateway: gateway.name, gatewayCustomerID: $0, tx)
            })
        else { return }
        try FollowUps.watch(
            .setupIntent(intent.id), gateway: gateway.name, customerID: customer, since: askedAt,
            firstAt: askedAt.adding(seconds: Self.firstLookSeconds), now: askedAt, tx)
    }

    /// A challenge takes a customer a minute or two.
    private static let firstLookSeconds: Int64 = 120

    private func keep(_ exchanges: [Exchange]) async throws {
        let name = gateway.name
        try await database.write(step: "keep-exchanges") { tx in try Exchanges.add(exchanges, gateway: name, tx) }
    }
}
