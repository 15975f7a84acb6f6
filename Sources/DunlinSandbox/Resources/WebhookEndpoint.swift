/// A URL that events are sent to.
final class WebhookEndpoint: SandboxRecord {
    let header: RecordHeader
    var url: String
    let secret: String
    /// `*` for all types that are not selection required.
    var enabledEvents: [String]
    var isEnabled = true
    var description: String?
    var apiVersion: String?
    var metadata = Metadata()

    init(_ header: RecordHeader, url: String, secret: String, enabledEvents: [String]) {
        self.header = header
        self.url = url
        self.secret = secret
        self.enabledEvents = enabledEvents
    }
}
