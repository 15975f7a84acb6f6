/// Tells which protocol a request speaks when both share one address.
///
/// In this order: the port it came in on; `/checkout/sessions/setup` (only WooshPay has it); `Bearer` or a `Stripe-…`
/// header (only Stripe has them); the type of a body, since WooshPay takes JSON and Stripe forms; a `Content-Type`
/// of JSON without a body, which WooshPay demands on every call; the form of an id in the path, which is digits at
/// WooshPay. What is left is Stripe's.
enum DialectRule {
    static func dialect(of request: SandboxRequest) -> SandboxDialect {
        if let dialect = request.dialect { return dialect }
        if request.path.hasPrefix("/v1/checkout/sessions/setup") { return .wooshpay }
        let headers = request.headers
        if headers["stripe-version"] != nil || headers["stripe-account"] != nil { return .stripe }
        if headers["authorization"]?.lowercased().hasPrefix("bearer ") == true { return .stripe }
        let type = headers["content-type"] ?? ""
        if type.hasPrefix("application/json") { return .wooshpay }
        if type.hasPrefix("application/x-www-form-urlencoded") { return .stripe }
        if request.body.first == UInt8(ascii: "{") { return .wooshpay }
        return request.path.split(separator: "/").contains(where: isSnowflake) ? .wooshpay : .stripe
    }

    private static func isSnowflake(_ segment: Substring) -> Bool {
        guard let underscore = segment.lastIndex(of: "_") else { return false }
        let digits = segment[segment.index(after: underscore)...].utf8
        return digits.count >= 15 && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}

/// Which API keys may come in, and in which mode.
struct AccessRule {
    let keys: [String]

    /// What a key opens.
    struct Access: Hashable {
        let livemode: Bool
        /// A key that a browser may know: it reads an intent whose client secret comes with it, and nothing else.
        let isPublishable: Bool
    }

    /// What the request's key opens.
    ///
    /// - Throws: 401 for a key that is missing, malformed or not among the named ones.
    func access(of request: SandboxRequest) throws(SandboxFailure) -> Access {
        if let livemode = request.admittedLivemode { return Access(livemode: livemode, isPublishable: false) }
        guard let key = Self.key(of: request) else {
            throw .unauthorized("You did not provide an API key. Provide it by HTTP Basic or Bearer authentication.")
        }
        let isNamed = keys.isEmpty ? Self.isTestKey(key) : keys.contains(key)
        guard isNamed else { throw .unauthorized("Invalid API Key provided: \(Self.masked(key))") }
        return Access(livemode: key.contains("_live_"), isPublishable: Self.isPublishable(key))
    }

    static func isPublishable(_ key: String) -> Bool { key.hasPrefix("pk_") }

    /// The key in the `Authorization` header; a publishable one may also be the parameter `key` of a read.
    static func key(of request: SandboxRequest) -> String? {
        guard let header = request.headers["authorization"] else { return keyInQuery(of: request) }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return String(parts[1])
        case "basic":
            guard let bytes = Base64.decode(parts[1].utf8) else { return nil }
            let user = bytes.prefix { $0 != UInt8(ascii: ":") }
            return user.isEmpty ? nil : String(decoding: user, as: UTF8.self)
        default: return nil
        }
    }

    private static func keyInQuery(of request: SandboxRequest) -> String? {
        guard request.method == "GET", request.query.contains("key=pk_") else { return nil }
        let key = FormDecoding.decode(Array(request.query.utf8)).last { $0.name == "key" }?.value.string
        return key.flatMap { isPublishable($0) ? $0 : nil }
    }

    private static func isTestKey(_ key: String) -> Bool {
        let prefix = ["sk_test_", "rk_test_", "pk_test_"].first { key.hasPrefix($0) }
        guard let prefix else { return false }
        let rest = key.dropFirst(prefix.count).utf8
        let isLetterOrDigit: (UInt8) -> Bool = { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        return !rest.isEmpty && rest.count <= 247 && rest.allSatisfy(isLetterOrDigit)
    }

    private static func masked(_ key: String) -> String {
        key.count > 12 ? key.prefix(8) + "…" + key.suffix(4) : "…"
    }
}

/// Base64 as in RFC 4648, for Basic authentication.
enum Base64 {
    /// nil where a character does not belong.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text where byte != UInt8(ascii: "=") {
            guard let value = value(of: byte) else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

/// Reads parameters out of a request: query and body together.
enum RequestBody {
    /// A body larger than this is refused.
    static let bytesMax = 1 << 20

    static func members(of request: SandboxRequest) throws(SandboxFailure) -> [JSONValue.Member] {
        var members = request.query.isEmpty ? [] : FormDecoding.decode(Array(request.query.utf8))
        guard !request.body.isEmpty else { return members }
        guard request.body.count <= bytesMax else {
            throw SandboxFailure(413, .invalidRequest, "The body is too large.")
        }
        let isJSON = request.headers["content-type"]?.hasPrefix("application/json") ?? (request.body.first == 0x7B)
        guard isJSON else { return members + FormDecoding.decode(request.body) }
        do {
            guard case .object(let body) = try JSONValue(parsing: request.body) else {
                throw SandboxFailure.parameter(nil, "body", "The body must be a JSON object.")
            }
            members += body
        } catch let error as JSONValue.SyntaxError {
            throw .parameter(nil, "body", "Invalid JSON at byte \(error.offset): \(error.message).")
        } catch let error as SandboxFailure {
            throw error
        } catch {
            throw .parameter(nil, "body", "Invalid JSON.")
        }
        return members
    }
}
