/// Settings that no request may be sent with. The text says what to change and shows no part of the key.
public struct GatewaySettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        case publishableKey = "publishable_key"
        case unknownKey = "unknown_key"
        case badBaseURL = "bad_base_url"
        /// A key of one mode with a host of the other.
        case modeMismatch = "mode_mismatch"
        case insecureBaseURL = "insecure_base_url"
        case sendingNotSupported = "sending_not_supported"
    }

    public let code: Code
    /// The gateway's name in the settings.
    public let gateway: String
    public let text: String

    init(_ code: Code, gateway: String, _ text: String) {
        self.code = code
        self.gateway = gateway
        self.text = text
    }

    public var description: String { "gateway \(gateway): \(text)" }
}
