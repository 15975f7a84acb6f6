import Crypto
import Foundation

/// SHA-256 in lower-case hex: recognises a body or a key later without keeping it.
public enum HexDigest {
    public static func sha256(_ bytes: [UInt8]) -> String {
        String(decoding: hex(SHA256.hash(data: bytes)), as: UTF8.self)
    }

    /// Two lower-case digits for each byte.
    static func hex(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hex: [UInt8] = []
        hex.reserveCapacity(64)
        for byte in bytes {
            hex.append(digit(byte >> 4))
            hex.append(digit(byte & 15))
        }
        return hex
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The same digest in Base64, as the policy of a page names a style sheet.
    public static func base64SHA256(_ text: String) -> String {
        Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString()
    }

    public static func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }
}
