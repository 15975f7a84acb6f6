/// A saved card. The number itself is not kept.
final class PaymentMethod: SandboxRecord {
    let header: RecordHeader
    let behavior: CardBehavior
    var history = CardHistory()
    let brand: String
    let lastFour: String
    /// The same for every card with the same number; statistical cards are all different.
    let fingerprint: String
    let funding: String
    var expiryMonth: Int64
    var expiryYear: Int64
    var hasVerificationCode = false
    var customer: Customer?
    /// Detached once: can never be attached or charged again.
    var isDetached = false
    var metadata = Metadata()
    var billingDetails: BillingDetails = BillingDetails()
    var allowRedisplay = "unspecified"

    init(
        _ header: RecordHeader, behavior: CardBehavior, brand: String, lastFour: String, fingerprint: String,
        funding: String, expiryMonth: Int64, expiryYear: Int64
    ) {
        self.header = header
        self.behavior = behavior
        self.brand = brand
        self.lastFour = lastFour
        self.fingerprint = fingerprint
        self.funding = funding
        self.expiryMonth = expiryMonth
        self.expiryYear = expiryYear
    }

    /// The object as it is now, for an event to keep.
    func copy() -> PaymentMethod {
        let copy = PaymentMethod(
            header, behavior: behavior, brand: brand, lastFour: lastFour, fingerprint: fingerprint, funding: funding,
            expiryMonth: expiryMonth, expiryYear: expiryYear)
        copy.history = history
        copy.hasVerificationCode = hasVerificationCode
        copy.customer = customer
        copy.isDetached = isDetached
        copy.metadata = metadata
        copy.billingDetails = billingDetails
        copy.allowRedisplay = allowRedisplay
        return copy
    }
}

/// Name and address of a card's holder.
struct BillingDetails {
    var address: JSONValue = .null
    var email: String?
    var name: String?
    var phone: String?
}
