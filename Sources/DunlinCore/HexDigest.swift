import Crypto
import Foundation

/// SHA-256 in lower-case hex: recognises a body or a key later without keeping it.
public enum HexDigest {
    public static func sha256(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: hex, as: UTF8.self)
    }

    /// The same digest in Base64, as the policy of a page names a style sheet.
    public static func base64SHA256(_ text: String) -> String {
        Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString()
    }

    public static func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }
}
