/// A key or a webhook secret. Prints as its prefix and last four characters, whatever prints it.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself: only for the header or the signature it is meant for.
    public let exposed: String

    public init(_ text: String) { exposed = text }

    /// `sk_test_…1234`; three dots alone when it is too short to show any part of it.
    public var description: String {
        guard exposed.count >= 16 else { return "…" }
        let prefix = ["sk_test_", "sk_live_", "rk_test_", "rk_live_", "whsec_"].first { exposed.hasPrefix($0) } ?? ""
        return "\(prefix)…\(exposed.suffix(4))"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
