/// A hosted page that saves a card.
final class CheckoutSession: SandboxRecord {
    let header: RecordHeader
    let setupIntent: SetupIntent
    let successURL: String?
    let cancelURL: String?
    let expiresAt: Int64
    var status = "open"
    var metadata = Metadata()
    var clientReferenceID: String?
    var currency: String?

    init(_ header: RecordHeader, setupIntent: SetupIntent, successURL: String?, cancelURL: String?, expiresAt: Int64) {
        self.header = header
        self.setupIntent = setupIntent
        self.successURL = successURL
        self.cancelURL = cancelURL
        self.expiresAt = expiresAt
    }
}
