/// One line of a state file: what reached the sandbox from outside.
///
/// A sandbox is a function of its options and of what was done to it, so its state is kept as that list and played
/// again. Requests that only read are left out. Keys are left out too, and so is every card number that is not a test
/// card's.
public enum JournalEntry: Hashable, Sendable {
    /// The first line: what the list belongs to.
    case opened(seed: UInt64, start: Int64)
    case request(JournalRequest)
    /// Deliveries were taken out.
    case due(at: Int64)
    case delivered(id: Int, status: Int?, at: Int64)

    /// JSON and a line feed.
    public var line: [UInt8] {
        let value: JSONValue
        switch self {
        case .opened(let seed, let start):
            value = .object([.init("seed", .string(String(seed))), .init("start", .integer(start))])
        case .request(let request): value = .object([.init("request", request.json)])
        case .due(let instant): value = .object([.init("due", .integer(instant))])
        case .delivered(let id, let status, let instant):
            value = .object([
                .init("delivered", .integer(Int64(id))), .init("at", .integer(instant)),
                .init("status", status.map { .integer(Int64($0)) } ?? .null),
            ])
        }
        return value.bytes + [0x0A]
    }

    /// nil for a line that is none of ours, as a torn last one is.
    public init?(line: [UInt8]) {
        guard let value = try? JSONValue(parsing: line) else { return nil }
        if let seed = value["seed"]?.string.flatMap(UInt64.init), let start = value["start"]?.integer {
            self = .opened(seed: seed, start: start)
        } else if let request = value["request"].flatMap(JournalRequest.init) {
            self = .request(request)
        } else if let instant = value["due"]?.integer {
            self = .due(at: instant)
        } else if let id = value["delivered"]?.integer, let instant = value["at"]?.integer {
            self = .delivered(id: Int(id), status: value["status"]?.integer.map { Int($0) }, at: instant)
        } else {
            return nil
        }
    }

    /// Does again what the line tells of.
    public func play(in sandbox: Sandbox) {
        switch self {
        case .opened: break
        case .request(let request): _ = sandbox.handle(request.request)
        case .due(let instant): _ = sandbox.dueDeliveries(at: instant)
        case .delivered(let id, let status, let instant): sandbox.recordDelivery(id, status: status, at: instant)
        }
    }
}

/// A request as a state file keeps it.
public struct JournalRequest: Hashable, Sendable {
    /// The headers that an answer depends on.
    private static let headerNames = ["content-type", "idempotency-key", "stripe-version", "stripe-account"]

    private let method: String
    private let path: String
    private let query: String
    private let headers: [String: String]
    private let body: String
    private let receivedAt: Int64?
    private let dialect: String
    private let livemode: Bool

    /// nil for a request that changed nothing: one that only reads, or that was not let in.
    public init?(_ request: SandboxRequest, answeredWith response: SandboxResponse) {
        guard request.method != "GET", request.method != "HEAD", response.hadEffect else { return nil }
        method = request.method
        path = request.path
        query = request.query
        headers = request.headers.filter { Self.headerNames.contains($0.key) }
        body = Self.masked(request.body)
        receivedAt = request.receivedAt
        dialect = DialectRule.dialect(of: request).rawValue
        livemode = AccessRule.key(of: request)?.contains("_live_") ?? false
    }

    init?(_ json: JSONValue) {
        guard let method = json["method"]?.string, let path = json["path"]?.string else { return nil }
        self.method = method
        self.path = path
        query = json["query"]?.string ?? ""
        headers = Dictionary(
            (json["headers"]?.members ?? []).map { ($0.name, $0.value.string ?? "") }, uniquingKeysWith: { $1 })
        body = json["body"]?.string ?? ""
        receivedAt = json["at"]?.integer
        dialect = json["dialect"]?.string ?? ""
        livemode = json["livemode"]?.boolean ?? false
    }

    var json: JSONValue {
        let headers = self.headers.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        return .object([
            .init("method", .string(method)), .init("path", .string(path)), .init("query", .string(query)),
            .init("headers", .object(headers)), .init("body", .string(body)),
            .init("at", receivedAt.map { .integer($0) } ?? .null), .init("dialect", .string(dialect)),
            .init("livemode", .boolean(livemode)),
        ])
    }

    var request: SandboxRequest {
        var request = SandboxRequest(
            method: method, path: path, query: query, headers: headers, body: Array(body.utf8),
            receivedAt: receivedAt, dialect: SandboxDialect(rawValue: dialect))
        request.admittedLivemode = livemode
        return request
    }

    /// The body with every card number that is not a test card's replaced by zeros, which fail in the same way.
    private static func masked(_ body: [UInt8]) -> String {
        var result: [UInt8] = []
        var digits: [UInt8] = []
        for byte in body + [0] {
            if (0x30...0x39).contains(byte) {
                digits.append(byte)
                continue
            }
            let number = CardNumber(String(decoding: digits, as: UTF8.self))
            let isStrange = digits.count >= 13 && number.isValid && TestCard.number(number.digits) == nil
            result += isStrange ? Array(repeating: 0x30, count: digits.count) : digits
            digits = []
            result.append(byte)
        }
        return String(decoding: result.dropLast(), as: UTF8.self)
    }
}
