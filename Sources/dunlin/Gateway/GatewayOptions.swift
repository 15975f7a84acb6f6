public import ArgumentParser
import DunlinCalendar
public import DunlinCore
import Foundation

/// Which gateway a command speaks to.
struct GatewayOptions: ParsableArguments {
    @Option(help: .init("The gateway's name in the settings; not needed where only one has a key.", valueName: "name"))
    var gateway: String?
}

/// A call that changes something, made so that its repetition can be recognised.
struct CallOptions: ParsableArguments {
    @Option(
        help: .init(
            "Sent with the request; the same text again repeats the answer where the gateway honours it.",
            valueName: "text"))
    var idempotencyKey: String?

    func validate() throws {
        guard let idempotencyKey else { return }
        let isPlain = idempotencyKey.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPlain, (1...200).contains(idempotencyKey.utf8.count) else {
            throw ValidationError("--idempotency-key takes 1 to 200 letters, digits and signs without blanks")
        }
    }

    var key: String { idempotencyKey ?? Chance.callKey() }
}

/// `--metadata key=value`, several times.
struct MetadataOptions: ParsableArguments {
    @Option(
        help: .init(
            "Metadata, several times. An update merges it; an empty value removes the key.", valueName: "key=value"))
    var metadata: [String] = []

    func validate() throws { _ = try pairs() }

    func change(removesAll: Bool = false) throws -> MetadataChange {
        let pairs = try pairs()
        let values = pairs.filter { !$0.value.isEmpty }
        return MetadataChange(values, removed: Set(pairs.keys).subtracting(values.keys), removesAll: removesAll)
    }

    private func pairs() throws -> [String: String] {
        var pairs: [String: String] = [:]
        for text in metadata {
            try text.refuseCardNumber("--metadata")
            guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                throw ValidationError("--metadata takes key=value, and \(text) has no key or no =")
            }
            let (key, value) = (String(text[..<mark]), String(text[text.index(after: mark)...]))
            guard key.count <= 40, value.count <= 500, !key.contains("["), !key.contains("]") else {
                throw ValidationError("--metadata \(key): a key has at most 40 characters and no bracket, a value 500")
            }
            guard pairs.updateValue(value, forKey: key) == nil else { throw ValidationError("--metadata \(key) twice") }
        }
        return pairs
    }
}

extension String {
    /// Card numbers are taken as card data only. The complaint does not repeat the text.
    func refuseCardNumber(_ option: String) throws {
        guard Redaction.holdsCardNumber(self) else { return }
        throw ValidationError("\(option): this looks like a card number, and none is taken here")
    }

    /// Where a browser is sent: an address of its own or of an app.
    func requireAddress(_ option: String) throws {
        guard let parts = URLComponents(string: self), parts.scheme?.isEmpty == false,
            parts.host?.isEmpty == false || !["http", "https"].contains(parts.scheme)
        else { throw ValidationError("\(option) takes an address such as https://example.com/back") }
    }
}

extension SetupUsage: ExpressibleByArgument {}
extension ThreeDSecureRequest: ExpressibleByArgument {}
extension SetupCancelReason: ExpressibleByArgument {}
extension CancelReason: ExpressibleByArgument {}

extension Instant {
    /// For `@Option(transform:)`.
    static func argument(_ text: String) throws -> Instant {
        try Instant(rfc3339: text).orRefuse("expects a time such as 2026-03-01T09:00:00Z")
    }
}
