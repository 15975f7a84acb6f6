/// What the customer has to do before a payment or a setup can go on. Kept in memory only: its addresses let whoever
/// has them act for the customer.
public struct NextAction: Hashable, Sendable {
    /// What a page can do with it.
    public enum Kind: String, Hashable, Sendable {
        /// Send the browser to `url`; it comes back to `returnURL`, which proves nothing.
        case redirect
        /// As `redirect`; the bank looks at the browser first and may ask for a challenge then.
        case deviceCheck = "device_check"
        /// Show `code` as a QR code, or the picture at `url`.
        case qrCode = "qr_code"
        /// Open `url`, an address of an app, on the customer's phone.
        case app
        /// Only the processor's own script can go on with it.
        case script
        /// Nothing that is known.
        case other
    }

    /// The gateway's own word, such as `challenge_redirect`; empty where it sent none and none could be told.
    public var type: String
    public var kind: Kind
    public var url: String?
    public var returnURL: String?
    /// The text of a QR code.
    public var code: String?

    public init(type: String, url: String? = nil, returnURL: String? = nil, code: String? = nil) {
        self.type = type
        self.url = url
        self.returnURL = returnURL
        self.code = code
        kind = Self.kind(type, hasURL: url != nil, hasCode: code != nil)
    }

    /// By the names of seed 002 and stripe.md 4.2; an unknown name with an address is a redirect.
    private static func kind(_ type: String, hasURL: Bool, hasCode: Bool) -> Kind {
        switch type {
        case "redirect_to_url", "challenge_redirect": return .redirect
        case "ddc_redirect": return .deviceCheck
        case "use_stripe_sdk", "wechat_pay_official_account_params": return .script
        case "wechat_pay_redirect_to_android_app", "wechat_pay_redirect_to_ios_app": return .app
        default: break
        }
        if type.hasSuffix("display_qr_code") || (hasCode && !hasURL) { return .qrCode }
        return hasURL ? .redirect : .other
    }
}
