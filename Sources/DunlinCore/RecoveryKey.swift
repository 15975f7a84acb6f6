import Crypto
public import DunlinCalendar
import Foundation

/// A debt as a recovery link names it. The row's id alone would not do: a restored or copied file hands it out again.
public struct RecoveryDebt: Hashable, Sendable {
    public var invoiceID: Int64
    public var subscriptionID: String
    /// The local start date of the billing period, `yyyy-MM-dd`.
    public var period: String

    public init(invoiceID: Int64, subscriptionID: String, period: String) {
        self.invoiceID = invoiceID
        self.subscriptionID = subscriptionID
        self.period = period
    }
}

/// What a link says before anything of it is believed: `<invoice>.<generation>.<code>`.
public struct RecoveryToken: Hashable, Sendable {
    /// More than a link ever has is no link.
    public static let charactersMax = 120

    public let invoiceID: Int64
    public let generation: Int
    /// 32 bytes.
    let code: [UInt8]

    /// nil for anything that was never printed.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.charactersMax else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let invoiceID = Self.number(parts[0]), let generation = Self.number(parts[1]),
            let code = Base64URL.bytes(parts[2]), code.count == SHA256.byteCount
        else { return nil }
        self.invoiceID = invoiceID
        self.generation = Int(generation)
        self.code = code
    }

    /// Digits only: one link has one spelling.
    private static func number(_ text: Substring) -> Int64? {
        guard let number = Int64(text), number >= 1, String(number) == text else { return nil }
        return number
    }
}

/// Makes and checks recovery links (money.md 23). A link is an HMAC over the debt and a generation: nothing in the data
/// file lets anybody make one, it can be printed again, and raising the generation revokes it.
public struct RecoveryKey: Sendable, CustomStringConvertible {
    /// A shorter key could be guessed.
    public static let charactersMin = 32
    /// How long a page that was shown may be acted from.
    public static let formSecondsMax: Int64 = 3600

    private let secret: Secret
    private let databaseID: String

    /// - Returns: nil for a key that is too short.
    public init?(_ secret: Secret, databaseID: String) {
        guard secret.exposed.utf8.count >= Self.charactersMin else { return nil }
        self.secret = secret
        self.databaseID = databaseID
    }

    public var description: String { "recovery key" }

    /// The last part of the link: letters, digits, `-`, `_` and dots.
    public func token(of debt: RecoveryDebt, generation: Int) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: linkText(debt, generation), using: key)
        return "\(debt.invoiceID).\(generation).\(Base64URL.text(Array(code)))"
    }

    /// True when this key made the token for this debt; compared in constant time. Says nothing of revocation.
    public func made(_ token: RecoveryToken, for debt: RecoveryDebt) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            token.code, authenticating: linkText(debt, token.generation), using: key)
    }

    /// What the form on the page carries, so that a request is acted on only if it came from a page that was shown
    /// lately.
    public func form(of debt: RecoveryDebt, generation: Int, shownAt: Instant) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: formText(debt, generation, shownAt.seconds), using: key)
        return "\(shownAt.seconds).\(Base64URL.text(Array(code)))"
    }

    public func isForm(_ text: String, of debt: RecoveryDebt, generation: Int, now: Instant) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let seconds = Int64(parts[0]), let code = Base64URL.bytes(parts[1]) else {
            return false
        }
        let isGenuine = HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: formText(debt, generation, seconds), using: key)
        let age = now.seconds.subtractingReportingOverflow(seconds).partialValue
        return isGenuine && age <= Self.formSecondsMax && age >= -Self.formSecondsMax
    }

    private var key: SymmetricKey { SymmetricKey(data: Array(secret.exposed.utf8)) }

    private func linkText(_ debt: RecoveryDebt, _ generation: Int) -> [UInt8] {
        text(["dunlin-pay-1", databaseID, String(debt.invoiceID), debt.subscriptionID, debt.period, String(generation)])
    }

    private func formText(_ debt: RecoveryDebt, _ generation: Int, _ seconds: Int64) -> [UInt8] {
        text([
            "dunlin-form-1", databaseID, String(debt.invoiceID), debt.subscriptionID, debt.period, String(generation),
            String(seconds),
        ])
    }

    /// Lengths in front, so that no two lists of parts read the same.
    private func text(_ parts: [String]) -> [UInt8] { Array(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8) }
}

/// Base64 with the letters of an address and without padding.
enum Base64URL {
    static func text(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// nil for what this spelling would not give back.
    static func bytes(_ text: Substring) -> [UInt8]? {
        guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
        guard let data = Data(base64Encoded: padded) else { return nil }
        let bytes = Array(data)
        return self.text(bytes) == String(text) ? bytes : nil
    }
}
