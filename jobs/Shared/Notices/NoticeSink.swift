public import DunlinCalendar
public import DunlinCore

/// Takes notices over from Dunlin: an address, a program. Made by the program; what it does is `Sources/dunlin/Notices`.
public protocol NoticeSink: Sendable {
    /// What the settings call it.
    var name: String { get }

    /// Hands one notice over. It is told as taken only when the receiver said so; everything else is tried again, with the
    /// same id.
    func send(_ notice: OutgoingNotice) async -> NoticeDelivery
}

/// A notice as it leaves.
public struct OutgoingNotice: Hashable, Sendable {
    /// The same for every delivery.
    public let id: String
    public let kind: NoticeKind
    /// JSON, documented in docs/notices.md.
    public let body: [UInt8]
    /// When this delivery began.
    public let at: Instant

    public init(id: String, kind: NoticeKind, body: [UInt8], at: Instant) {
        self.id = id
        self.kind = kind
        self.body = body
        self.at = at
    }
}

/// What a delivery came to.
public enum NoticeDelivery: Hashable, Sendable {
    case taken
    /// Tried again; the text holds no secret and no body.
    case failed(String, retryAfterSeconds: Int64? = nil)
    /// The receiver wants it never again.
    case refused(String)
}
