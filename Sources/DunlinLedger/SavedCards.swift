public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// Puts a card that the gateway has saved into `payment_methods`: the one place where Dunlin writes there by itself.
public enum SavedCards {
    public enum Stored: Hashable, Sendable {
        /// A new row, with its id.
        case added(String)
        /// The row was there and has learned something of its card.
        case changed(String)
        case unchanged(String)
        /// No row of `customers` is this customer of the gateway: nothing is stored.
        case customerNotHere(String)

        public var id: String? {
            switch self {
            case .added(let id), .changed(let id), .unchanged(let id): id
            case .customerNotHere: nil
            }
        }
    }

    /// Stores `(customer, payment method)`. What the row says of default and backup stays; the first card of a customer
    /// becomes the default.
    ///
    /// - Parameters:
    ///   - gatewayCustomerID: whose card it is, as the gateway has just said.
    ///   - consentAt: when the customer agreed to be charged while absent; an earlier note of it stays.
    public static func store(
        _ method: PaymentMethodSnapshot, gateway: String, gatewayCustomerID: String, consentAt: Instant? = nil,
        now: Instant, _ tx: Transaction
    ) throws -> Stored {
        guard let customerID = try Customers.id(gateway: gateway, gatewayCustomerID: gatewayCustomerID, tx) else {
            return .customerNotHere(gatewayCustomerID)
        }
        let stored = try PaymentMethods.id(customerID: customerID, gatewayPaymentMethodID: method.id, tx)
            .flatMap { try PaymentMethods.find($0, tx) }
        let row = try merged(method, stored, customerID: customerID, consentAt: consentAt, tx)
        if let stored { try keepMemory(stored, row, gateway: gateway, now: now, tx) }
        switch try PaymentMethods.upsert(row, stored: stored, tx) {
        case .unchanged: return .unchanged(row.id)
        case .added, .changed: break
        }
        try Activity.add(
            stored == nil ? "payment_method_saved" : "payment_method_updated", reason: "\(customerID): \(row.id)",
            now: now, tx)
        return stored == nil ? .added(row.id) : .changed(row.id)
    }

    /// What the gateway knows of the card, over what the row has.
    private static func merged(
        _ method: PaymentMethodSnapshot, _ stored: PaymentMethod?, customerID: String, consentAt: Instant?,
        _ tx: Transaction
    ) throws -> PaymentMethod {
        var row =
            try stored
            ?? PaymentMethod(
                id: freeID(method.id, tx), customerID: customerID, gatewayPaymentMethodID: method.id,
                isDefault: !PaymentMethods.ofCustomer(customerID, tx).contains(where: \.isDefault))
        row.type = method.type
        row.brand = method.card?.brand ?? row.brand
        row.last4 = method.card?.last4 ?? row.last4
        row.expMonth = method.card?.expMonth ?? row.expMonth
        row.expYear = method.card?.expYear ?? row.expYear
        row.country = method.card?.country ?? row.country
        row.funding = method.card?.funding ?? row.funding
        row.fingerprint = method.card?.fingerprint ?? row.fingerprint
        // A brand that is new needs the customer's word anew; otherwise the first word stays.
        if let consentAt, try isOfOtherBrand(row, tx) || row.consentAt == nil {
            row.consentAt = consentAt.rfc3339Seconds
        }
        return row
    }

    private static func isOfOtherBrand(_ row: PaymentMethod, _ tx: Transaction) throws -> Bool {
        guard let brand = row.brand, let agreed = try PaymentMethods.agreedBrand(row.id, tx) else { return false }
        return CardBrand.differ(agreed, brand)
    }

    /// The gateway's id, unless the owner gave that name to another row.
    private static func freeID(_ gatewayID: String, _ tx: Transaction) throws -> String {
        var id = gatewayID
        var number = 1
        while try PaymentMethods.find(id, tx) != nil {
            number += 1
            id = "\(gatewayID)-\(number)"
        }
        return id
    }

    /// Declines are remembered by fingerprint where known, else by the method's id: a fingerprint that is learned later
    /// takes the memory along (P6). Another fingerprint is another card.
    private static func keepMemory(
        _ before: PaymentMethod, _ after: PaymentMethod, gateway: String, now: Instant, _ tx: Transaction
    ) throws {
        guard before.cardKey != after.cardKey, before.cardKey == before.gatewayPaymentMethodID else { return }
        try Attempts.moveCard(gateway: gateway, from: before.cardKey, to: after.cardKey, tx)
        guard let closing = try RetryBudget.closing(gateway: gateway, cardKey: before.cardKey, tx) else { return }
        try RetryBudget.close(gateway: gateway, cardKey: after.cardKey, closing, now: now, tx)
    }
}
