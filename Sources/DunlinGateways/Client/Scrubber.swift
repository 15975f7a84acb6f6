import DunlinCore

/// Takes the gateway's key and client secrets out of texts that a gateway sent (money.md 26): a processor may echo what
/// it was sent.
struct Scrubber: Sendable {
    /// Longer texts are cut: an error page is no error text.
    static let lengthMax = 400

    private let secrets: [Secret]

    init(key: Secret) {
        let basic = Base64Text.encode(key.exposed + ":")
        // Without padding, and without the last characters that the colon has a share in.
        let keyAlone = Base64Text.encode(key.exposed).prefix { $0 != "=" }.dropLast(2)
        secrets = [key, Secret(basic), Secret(String(keyAlone))]
    }

    func clean(_ text: String) -> String {
        var clean = String(text.prefix(4096))
        for secret in secrets { clean = clean.replacing(secret.exposed, with: "…") }
        return String(Redaction.clean(maskClientSecrets(clean)).prefix(Self.lengthMax))
    }

    /// An id as it is; anything else in its place, cleaned. The digits of an id are never taken for a card number.
    func cleanID(_ text: String) -> String {
        let isPlain = Call.isID(text) && !text.holds("_secret_") && !secrets.contains { text.holds($0.exposed) }
        return isPlain ? text : clean(text)
    }

    /// `pi_1_secret_abc` becomes `pi_1_secret_…`.
    private func maskClientSecrets(_ text: String) -> String {
        let pieces = text.split(separator: "_secret_", omittingEmptySubsequences: false)
        guard let first = pieces.first, pieces.count > 1 else { return text }
        return pieces.dropFirst().reduce(String(first)) { masked, piece in
            masked + "_secret_…" + piece.drop { $0.isLetter || $0.isNumber }
        }
    }
}

/// RFC 4648 Base64 with padding.
enum Base64Text {
    static func encode(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = Array(text.utf8)
        var encoded: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let sextet = Int(bits >> UInt32(18 - 6 * position) & 63)
                encoded.append(position <= group.count ? alphabet[sextet] : UInt8(ascii: "="))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
