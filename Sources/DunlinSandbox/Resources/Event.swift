/// Something that happened to an object, with the object as it was then.
final class Event: SandboxRecord {
    /// The object as it was. What happens most often is kept as a copy of the object and written when somebody reads
    /// the event, which hardly anybody does; everything else is written at once, in the dialect of the event.
    enum Content {
        case written([UInt8])
        case paymentIntent(PaymentIntent)
        case charge(Charge)
    }

    let header: RecordHeader
    let type: String
    let content: Content
    /// The old values of the fields that changed, as JSON; nil where the type has none.
    let previousAttributes: [UInt8]?
    let requestID: String?
    let idempotencyKey: String?
    var pendingWebhooks: Int64 = 0

    init(
        _ header: RecordHeader, type: String, content: Content, previousAttributes: [UInt8]?, requestID: String?,
        idempotencyKey: String?
    ) {
        self.header = header
        self.type = type
        self.content = content
        self.previousAttributes = previousAttributes
        self.requestID = requestID
        self.idempotencyKey = idempotencyKey
    }
}
