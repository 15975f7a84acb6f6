/// The two protocols that the sandbox speaks over one state.
public enum SandboxDialect: String, Hashable, Sendable, CaseIterable {
    case stripe
    case wooshpay
}

/// One request, free of any transport.
public struct SandboxRequest: Sendable {
    public var method: String
    /// Without the query.
    public var path: String
    /// What follows the question mark, still escaped.
    public var query: String
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]
    /// Milliseconds since 1970 by the caller's clock, which the sandbox's clock follows; nil leaves that where it is.
    public var receivedAt: Int64?
    /// Set where the address alone tells the dialect (`--wooshpay-port`).
    public var dialect: SandboxDialect?
    /// The mode of a request that was let in before and is played again, without its key and without faults.
    var admittedLivemode: Bool?

    public init(
        method: String, path: String, query: String = "", headers: [String: String] = [:], body: [UInt8] = [],
        receivedAt: Int64? = nil, dialect: SandboxDialect? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.receivedAt = receivedAt
        self.dialect = dialect
    }
}

/// A header of an answer.
public struct SandboxHeader: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One answer, and what is to become of it on the way.
public struct SandboxResponse: Sendable {
    /// How the answer travels. Everything but `normal` is an injected fault.
    public enum Delivery: Hashable, Sendable {
        case normal
        /// The connection is closed without a byte.
        case dropped
        /// No byte is ever sent and the connection stays open until the caller gives up.
        case silent
        /// The connection is closed after this many bytes of the body, although the header promised all of them.
        case truncated(bytes: Int)
        /// The body is sent in single bytes with this pause between them.
        case trickle(pauseMilliseconds: Int64)
    }

    public var status: Int
    public var headers: [SandboxHeader]
    public var body: [UInt8]
    public var delivery: Delivery
    /// How long the answer is held back.
    public var delayMilliseconds: Int64
    /// Whether a handler ran for the request; false where a fault or a limit stopped it before.
    var hadEffect = true

    public init(
        status: Int, headers: [SandboxHeader] = [], body: [UInt8] = [], delivery: Delivery = .normal,
        delayMilliseconds: Int64 = 0
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.delivery = delivery
        self.delayMilliseconds = delayMilliseconds
    }

    /// The value of a header, whatever the case of its name.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
