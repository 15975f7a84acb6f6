public import DunlinDatabase

/// Which payment method a try uses: the subscription's own, else the customer's default. A card that a final decline
/// closed is passed over (P6).
public enum MethodChoice {
    public struct Choice: Sendable {
        public var method: PaymentMethod?
        /// Why each candidate was passed over, in plain words.
        public var passedOver: [String]
    }

    public static func choose(
        for subscription: Subscription, gateway: String, _ tx: Transaction
    ) throws -> Choice {
        let methods = try PaymentMethods.ofCustomer(subscription.customerID, tx)
        let own = methods.filter { $0.id == subscription.paymentMethodID }
        let others = methods.filter { $0.isDefault && $0.id != subscription.paymentMethodID }
        var choice = Choice(method: nil, passedOver: [])
        for method in own + others {
            if method.type != "card" {
                choice.passedOver.append("\(method.id) is of type \(method.type)")
            } else if let reason = try closedReason(method, gateway: gateway, tx) {
                choice.passedOver.append("\(method.id) is charged no more: \(reason)")
            } else {
                choice.method = method
                return choice
            }
        }
        if choice.passedOver.isEmpty { choice.passedOver = ["the customer has no payment method"] }
        return choice
    }

    /// True for a card that no final decline closed.
    public static func isOpen(_ method: PaymentMethod, gateway: String, _ tx: Transaction) throws -> Bool {
        try method.type == "card" && closedReason(method, gateway: gateway, tx) == nil
    }

    private static func closedReason(
        _ method: PaymentMethod, gateway: String, _ tx: Transaction
    ) throws -> String? {
        for key in Set([method.cardKey, method.gatewayPaymentMethodID]) {
            if let reason = try RetryBudget.closedReason(gateway: gateway, cardKey: key, tx) { return reason }
        }
        return nil
    }
}
