import DunlinCore
import DunlinGateways

/// One entry of `gateways:` with its secrets from the environment.
struct ConfiguredGateway: Sendable {
    var name: String
    var kind: GatewayKind
    /// Without a slash at its end.
    var baseURL: String
    var sending: SendingMode
    var retryMode: RetryMode
    var limits: RequestLimits
    var entity: String?
    var connectTimeoutSeconds: Int
    var totalTimeoutSeconds: Int
    var description: String?
    var statementSuffix: String?
    var offSessionField: String
    /// nil when there is no key, or none that may be used: then `keyProblem` says why.
    var secretKey: Secret?
    /// The key of browsers: needed only to see what they see.
    var publishableKey: Secret?
    /// Several while a secret is rotated.
    var webhookSecrets: [Secret]
    /// What is wrong with the key; nil for a good key and for none.
    var keyProblem: SettingsProblem?

    /// The variable that the publishable key comes from.
    var publishableKeyVariable: String {
        SettingsReader.environmentName(of: "gateways.\(name)") + "_PUBLISHABLE_KEY"
    }

    /// The variable that the key comes from.
    var keyVariable: String { SettingsReader.environmentName(of: "gateways.\(name)") + "_SECRET_KEY" }
    /// The variable that the webhook secrets come from.
    var webhookVariable: String { SettingsReader.environmentName(of: "gateways.\(name)") + "_WEBHOOK_SECRET" }
}

/// Requests a second, shared by all processes.
struct RequestLimits: Hashable, Sendable {
    var perSecond: Int
    var perEndpointPerSecond: Int

    /// What the gateway documents for the mode; WooshPay documents nothing (wooshpay.md 1.4).
    static func documented(_ kind: GatewayKind, _ mode: GatewayMode) -> RequestLimits {
        switch (kind, mode) {
        case (.stripe, .live): RequestLimits(perSecond: 100, perEndpointPerSecond: 25)
        case (.stripe, .test): RequestLimits(perSecond: 25, perEndpointPerSecond: 25)
        case (.wooshpay, _): RequestLimits(perSecond: 5, perEndpointPerSecond: 5)
        }
    }
}

extension GatewayKind {
    /// What a gateway of this kind takes.
    var currencies: GatewayCurrencies {
        switch self {
        case .stripe: .stripe
        case .wooshpay: .wooshpay
        }
    }

    /// The company's own address, without a slash at its end.
    func address(_ mode: GatewayMode) -> String {
        switch (self, mode) {
        case (.stripe, _): "https://api.stripe.com"
        case (.wooshpay, .test): "https://apitest.wooshpay.com"
        case (.wooshpay, .live): "https://api.wooshpay.com"
        }
    }
}
