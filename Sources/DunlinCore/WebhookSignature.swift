import Crypto
public import DunlinCalendar

/// Signs and checks webhook deliveries: HMAC-SHA256 over `t + "." + raw body`, sent as `t=…,v1=…`.
///
/// Both gateways use this scheme and differ in what they make of odd headers and old deliveries. The secret is used
/// as it is written, `whsec_` included, and is never decoded. The body is the bytes as received: a body that went
/// through a JSON parser and back does not match.
///
/// Sources: docs.stripe.com/webhooks and the verifier of stripe-python 16; docs.wooshpay.com/doc-2653815.
public enum WebhookSignature {
    /// What a signature says about a delivery.
    public enum Verdict: Hashable, Sendable {
        /// Signed by one of the secrets and recent: may be believed.
        case fresh
        /// Signed by one of the secrets, but longer ago than the tolerance: acknowledge it, do not trust its content,
        /// read the object from the gateway instead. Only by WooshPay's rules.
        case stale
        /// Not to be believed: answer 400 and do nothing.
        case rejected(Rejection)
    }

    /// Why a delivery is not believed. Holds nothing of the header or the secret, so that it can be logged.
    public enum Rejection: String, Hashable, Sendable {
        case malformedHeader
        case noSignature
        case signatureMismatch
        case tooOld
        case fromTheFuture
    }

    /// How far a timestamp may be from now: exactly this many seconds passes.
    public static let defaultToleranceSeconds: Int64 = 300

    /// The header's value for a delivery: `t=<timestamp>,v1=<hex>`.
    ///
    /// - Parameter timestamp: seconds since 1970.
    public static func header(secret: String, timestamp: Int64, body: [UInt8]) -> String {
        header(secrets: [secret], timestamp: timestamp, body: body)
    }

    /// The header's value with one `v1` per secret, as a gateway sends while a rolled secret is still valid.
    public static func header(secrets: [String], timestamp: Int64, body: [UInt8]) -> String {
        let time = String(timestamp)
        let signatures = secrets.map { ",v1=" + String(decoding: signature($0, time: time, body: body), as: UTF8.self) }
        return "t=" + time + signatures.joined()
    }

    /// Checks a `Stripe-Signature` header by the rules of Stripe's own libraries.
    ///
    /// Elements are split at commas without trimming, the first `t` counts, hex is lower case, a timestamp in the
    /// future passes, and a tolerance of 0 switches the age check off.
    ///
    /// - Parameters:
    ///   - secrets: all secrets that are valid now; more than one while a secret is being rolled.
    ///   - nowSeconds: seconds since 1970.
    public static func verifyStripe(
        header: String, body: [UInt8], secrets: [String], nowSeconds: Int64,
        toleranceSeconds: Int64 = defaultToleranceSeconds
    ) -> Verdict {
        let elements = elements(of: header, trimming: false)
        guard let time = elements.first(where: { $0.name == "t" })?.value, let timestamp = Int64(time) else {
            return .rejected(.malformedHeader)
        }
        let candidates = elements.filter { $0.name == "v1" }.map(\.value)
        guard !candidates.isEmpty else { return .rejected(.noSignature) }
        // The libraries sign the integer they parsed, not the text they received.
        guard matches(candidates, secrets: secrets, time: String(timestamp), body: body) else {
            return .rejected(.signatureMismatch)
        }
        let isTooOld = toleranceSeconds > 0 && isOlder(timestamp, than: toleranceSeconds, nowSeconds: nowSeconds)
        return isTooOld ? .rejected(.tooOld) : .fresh
    }

    /// Checks a `Wooshpay-Signature` header.
    ///
    /// Spaces around elements and upper-case hex are tolerated, a second `t` is not, and `t` may be in milliseconds.
    /// Whether retries are signed anew is not documented, so a genuine delivery that is old is `stale`, not rejected;
    /// one from the future is rejected.
    ///
    /// - Parameters:
    ///   - secrets: all secrets that are valid now.
    ///   - nowSeconds: seconds since 1970.
    public static func verifyWooshPay(
        header: String, body: [UInt8], secrets: [String], nowSeconds: Int64,
        toleranceSeconds: Int64 = defaultToleranceSeconds
    ) -> Verdict {
        let elements = elements(of: header, trimming: true)
        let times = elements.filter { $0.name == "t" }.map(\.value)
        guard times.count == 1, times[0].utf8.allSatisfy(isDigit), let received = Int64(times[0]) else {
            return .rejected(.malformedHeader)
        }
        let candidates = elements.filter { $0.name == "v1" }.map { $0.value.lowercased() }
        guard !candidates.isEmpty else { return .rejected(.noSignature) }
        guard matches(candidates, secrets: secrets, time: times[0], body: body) else {
            return .rejected(.signatureMismatch)
        }
        let timestamp = received >= millisecondsFrom ? received / 1000 : received
        if timestamp > nowSeconds, isOlder(nowSeconds, than: toleranceSeconds, nowSeconds: timestamp) {
            return .rejected(.fromTheFuture)
        }
        return isOlder(timestamp, than: toleranceSeconds, nowSeconds: nowSeconds) ? .stale : .fresh
    }

    /// When a header says that it was made; nil where it does not say. Proves nothing by itself.
    public static func signedAt(_ header: String) -> Instant? {
        guard
            let time = elements(of: header, trimming: true).first(where: { $0.name == "t" }).flatMap({ Int64($0.value) }
            ),
            time > 0, time < 100_000_000_000_000
        else { return nil }
        return time >= millisecondsFrom ? Instant(milliseconds: time) : Instant(seconds: time)
    }

    /// From here on a number is milliseconds: as seconds it would be the year 5138.
    private static let millisecondsFrom: Int64 = 100_000_000_000

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Whether `timestamp` is more than `tolerance` before now; a difference that overflows is more than any.
    private static func isOlder(_ timestamp: Int64, than tolerance: Int64, nowSeconds: Int64) -> Bool {
        let (age, overflow) = nowSeconds.subtractingReportingOverflow(timestamp)
        return overflow ? timestamp < nowSeconds : age > tolerance
    }

    private static func elements(of header: String, trimming: Bool) -> [(name: String, value: String)] {
        header.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).compactMap { element in
            guard let mark = element.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let (name, value) = (Substring(element[..<mark]), Substring(element[mark...].dropFirst()))
            return trimming ? (trimmed(name), trimmed(value)) : (String(name), String(value))
        }
    }

    /// Without the blanks and tabs around it.
    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = text.utf8.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(Substring(start[...last]))
    }

    /// Whether any candidate was made with any secret. Every pair is compared, so that the time taken tells nothing.
    private static func matches(_ candidates: [String], secrets: [String], time: String, body: [UInt8]) -> Bool {
        var isMatch = false
        for secret in secrets where !secret.isEmpty {
            let expected = signature(secret, time: time, body: body)
            for candidate in candidates where isEqual(expected, Array(candidate.utf8)) {
                isMatch = true
            }
        }
        return isMatch
    }

    /// Lower-case hex, 64 bytes.
    private static func signature(_ secret: String, time: String, body: [UInt8]) -> [UInt8] {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.utf8)))
        code.update(data: Array(time.utf8) + [UInt8(ascii: ".")])
        code.update(data: body)
        return HexDigest.hex(code.finalize())
    }

    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
