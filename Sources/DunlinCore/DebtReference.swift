import Crypto

/// The name of a debt's intent at the gateway: the same in every timeline of the same database (money.md 2).
///
/// Made of what a restored or copied file cannot hand out again, so never of a row id. At most 40 characters of
/// `[A-Za-z0-9-]`, which both gateways take as metadata and WooshPay as `merchant_order_id`.
public struct DebtReference: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Parameters:
    ///   - period: the local start date of the billing period, `yyyy-MM-dd`.
    ///   - intentNumber: from 1; a new one is taken after the intent before it was canceled.
    public init(databaseID: String, subscriptionID: String, period: String, intentNumber: Int) {
        let parts = [databaseID, subscriptionID, period, String(intentNumber)]
        // Lengths in front, so that no two lists of parts read the same.
        let name = parts.map { "\($0.utf8.count):\($0)" }.joined()
        let digest = SHA256.hash(data: Array(name.utf8))
        text = "dl-" + Self.base32(Array(digest.prefix(20)))
    }

    public var description: String { text }

    /// The idempotency key of one operation of one attempt: a resend repeats it, a new attempt has another.
    public func idempotencyKey(_ operation: String, attempt: Int) -> String { "\(text):\(operation):\(attempt)" }

    private static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
        var bits = 0
        var buffer: UInt32 = 0
        var text = ""
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        return text
    }
}
