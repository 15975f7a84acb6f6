/// Who pays.
final class Customer: SandboxRecord {
    let header: RecordHeader
    var email: String?
    var name: String?
    var phone: String?
    var description: String?
    var address: JSONValue = .null
    var shipping: JSONValue = .null
    var metadata = Metadata()
    var balance: Int64 = 0
    var taxExempt = "none"
    var preferredLocales: [String] = []
    var defaultPaymentMethodID: String?
    let invoicePrefix: String
    var isDeleted = false
    /// What belongs to the customer, oldest first: the index of every list by customer.
    var paymentMethods: [PaymentMethod] = []
    var paymentIntents: [PaymentIntent] = []
    var setupIntents: [SetupIntent] = []
    var charges: [Charge] = []

    init(_ header: RecordHeader, invoicePrefix: String) {
        self.header = header
        self.invoicePrefix = invoicePrefix
    }
}
