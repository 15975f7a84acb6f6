public import DunlinCalendar
public import DunlinCore

/// How one configured gateway is reached and spoken to.
public struct GatewaySettings: Sendable {
    /// The name in the settings, such as `stripe`.
    public var name: String
    public var kind: GatewayKind
    /// nil for the processor's own host. Another one is taken in test mode only.
    public var baseURL: String?
    public var key: Secret
    public var sending: SendingMode
    /// Longest time that one request can take, connect included.
    public var totalTimeoutMilliseconds: Int64
    /// `dunlin/<version>`
    public var userAgent: String
    /// Where the customer's browser comes back to; WooshPay wants it with a confirm.
    public var returnURL: String?
    /// WooshPay's pages spell the field `off_session` and `off-session`; the guides' spelling is the default.
    public var offSessionField: String

    public init(
        name: String, kind: GatewayKind, baseURL: String? = nil, key: Secret, sending: SendingMode = .twoPhase,
        totalTimeoutMilliseconds: Int64 = 30_000, userAgent: String, returnURL: String? = nil,
        offSessionField: String = "off_session"
    ) {
        self.name = name
        self.kind = kind
        self.baseURL = baseURL
        self.key = key
        self.sending = sending
        self.totalTimeoutMilliseconds = totalTimeoutMilliseconds
        self.userAgent = userAgent
        self.returnURL = returnURL
        self.offSessionField = offSessionField
    }

    /// The driver for these settings.
    public func gateway(
        environment: GatewayEnvironment
    ) throws(GatewaySettingsError) -> any WholeGateway {
        switch kind {
        case .stripe: try StripeGateway(settings: self, environment: environment)
        case .wooshpay: try WooshPayGateway(settings: self, environment: environment)
        }
    }
}

/// What a driver needs from outside: the network, time and chance.
public struct GatewayEnvironment: Sendable {
    public var transport: any Transport
    public var now: @Sendable () -> Instant
    /// Waits this many milliseconds; throws when the surrounding work was canceled.
    public var sleep: @Sendable (Int64) async throws -> Void
    /// Bits for the jitter of repeated reads.
    public var randomBits: @Sendable () -> UInt64
    /// Passed before each read with the name of its endpoint (`GatewayEndpoint`): waits for a permit. Requests that
    /// write take theirs before their job is claimed (money.md 10), so they do not pass here.
    public var readGate: @Sendable (String) async -> Void

    public init(
        transport: any Transport, now: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Int64) async throws -> Void, randomBits: @escaping @Sendable () -> UInt64,
        readGate: @escaping @Sendable (String) async -> Void = { _ in }
    ) {
        self.transport = transport
        self.now = now
        self.sleep = sleep
        self.randomBits = randomBits
        self.readGate = readGate
    }
}

/// What limits count apart from each other: the method and the path with its ids left out.
public enum GatewayEndpoint: String, Hashable, Sendable, CaseIterable {
    case createIntent = "POST /v1/payment_intents"
    case confirmIntent = "POST /v1/payment_intents/{id}/confirm"
    case cancelIntent = "POST /v1/payment_intents/{id}/cancel"
    case retrieveIntent = "GET /v1/payment_intents/{id}"
    case listIntents = "GET /v1/payment_intents"
    case searchIntents = "GET /v1/payment_intents/search"
    case retrieveAccount = "GET /v1/account"
    case updateIntent = "POST /v1/payment_intents/{id}"
    case createSetupIntent = "POST /v1/setup_intents"
    case updateSetupIntent = "POST /v1/setup_intents/{id}"
    case confirmSetupIntent = "POST /v1/setup_intents/{id}/confirm"
    case cancelSetupIntent = "POST /v1/setup_intents/{id}/cancel"
    case listSetupIntents = "GET /v1/setup_intents"
    case createCustomer = "POST /v1/customers"
    case createPaymentMethod = "POST /v1/payment_methods"
    case createCheckoutSession = "POST /v1/checkout/sessions"
    case createSetupSession = "POST /v1/checkout/sessions/setup"
    case retrieveSetupIntent = "GET /v1/setup_intents/{id}"
    case listPaymentMethods = "GET /v1/customers/{id}/payment_methods"
    case retrievePaymentMethod = "GET /v1/payment_methods/{id}"
    case createRefund = "POST /v1/refunds"
    case retrieveRefund = "GET /v1/refunds/{id}"
    case listRefunds = "GET /v1/refunds"
    case listCharges = "GET /v1/charges"
    case listDisputes = "GET /v1/disputes"
    case listBalanceTransactions = "GET /v1/balance_transactions"
    case listPayouts = "GET /v1/payouts"
    case retrieveDispute = "GET /v1/disputes/{id}"
    case retrieveEvent = "GET /v1/events/{id}"
    case listEvents = "GET /v1/events"
    case retrieveMandate = "GET /v1/mandates/{id}"
    case retrieveCustomer = "GET /v1/customers/{id}"

    var isSetup: Bool { rawValue.contains("/setup_intents") }
    /// False for requests that no bank is asked about: their 402 says something about the account.
    var mayBeDeclined: Bool { self != .createRefund }
}
