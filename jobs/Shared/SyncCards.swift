public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// Stores every card that the gateway has for a customer, and names those that it does not have any more.
public struct SyncCards: Sendable {
    public struct Result: Hashable, Sendable {
        public var stored: [SavedCards.Stored] = []
        /// Rows whose method the gateway did not list. Nothing is deleted: the row is the owner's.
        public var missing: [String] = []

        public init() {}
    }

    public enum Outcome: Hashable, Sendable {
        case synced(Result)
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
    public func run(_ customer: Customer) async throws -> Outcome {
        let reply = await gateway.paymentMethods(ofCustomer: customer.gatewayCustomerID)
        let name = gateway.name
        try await database.write(step: "keep-exchanges") { tx in try Exchanges.add(reply.exchanges, gateway: name, tx) }
        if let failure = reply.failure(movesMoney: false) { return .notRead(failure) }
        guard case .value(let methods) = reply.result else { return .notRead(.noAnswer) }
        let now = now()
        let result = try await database.write(step: "store-saved-cards") { tx in
            var result = Result()
            for method in methods where method.customerID ?? customer.gatewayCustomerID == customer.gatewayCustomerID {
                result.stored.append(
                    try SavedCards.store(
                        method, gateway: name, gatewayCustomerID: customer.gatewayCustomerID, now: now, tx))
            }
            let there = Set(methods.map(\.id))
            result.missing = try PaymentMethods.ofCustomer(customer.id, tx)
                .filter { !there.contains($0.gatewayPaymentMethodID) }.map(\.id)
            return result
        }
        return .synced(result)
    }
}
