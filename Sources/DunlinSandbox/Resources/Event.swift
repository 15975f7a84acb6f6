/// Something that happened to an object, with the object as it was then.
final class Event: SandboxRecord {
    let header: RecordHeader
    let type: String
    /// The object's JSON in the dialect of the event.
    let object: [UInt8]
    /// The old values of the fields that changed, as JSON; nil where the type has none.
    let previousAttributes: [UInt8]?
    let requestID: String?
    let idempotencyKey: String?
    var pendingWebhooks: Int64 = 0

    init(
        _ header: RecordHeader, type: String, object: [UInt8], previousAttributes: [UInt8]?, requestID: String?,
        idempotencyKey: String?
    ) {
        self.header = header
        self.type = type
        self.object = object
        self.previousAttributes = previousAttributes
        self.requestID = requestID
        self.idempotencyKey = idempotencyKey
    }
}
