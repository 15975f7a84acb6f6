public import DunlinSandbox

/// How the sandbox listens, and whose clock it follows.
public struct SandboxServerOptions: Sendable {
    public enum Clock: Hashable, Sendable {
        /// The clock that is passed in.
        case real
        /// Stands still until `POST /_sandbox/clock` moves it.
        case virtual(start: Int64)
    }

    public var sandbox = SandboxOptions()
    /// Loopback by default: the sandbox has no secrets to keep, and no guard either.
    public var host = "127.0.0.1"
    /// 0 takes any free port.
    public var port = 0
    /// A port where everything is WooshPay's, whatever a request looks like; nil for none.
    public var wooshpayPort: Int?
    public var clock = Clock.real
    /// A file that keeps the state over restarts; nil for none.
    public var stateFile: String?

    public init() {}
}

/// Where a sandbox listens, once it does.
public struct SandboxAddress: Hashable, Sendable {
    public var baseURL: String
    /// Of the port that is WooshPay's alone.
    public var wooshpayBaseURL: String?
    public var stripeWebhookSecret: String
    public var wooshpayWebhookSecret: String

    /// The line that `dunlin sandbox --json` prints first.
    public var json: String {
        var members = [
            JSONValue.Member("base_url", .string(baseURL)),
            JSONValue.Member("stripe_webhook_secret", .string(stripeWebhookSecret)),
            JSONValue.Member("wooshpay_webhook_secret", .string(wooshpayWebhookSecret)),
        ]
        if let wooshpayBaseURL { members.append(JSONValue.Member("wooshpay_base_url", .string(wooshpayBaseURL))) }
        return String(decoding: JSONValue.object(members).bytes, as: UTF8.self)
    }
}

/// What the server needs from the world around it.
public struct SandboxSurroundings: Sendable {
    /// Milliseconds since 1970.
    public var now: @Sendable () -> Int64
    /// Waits this many milliseconds; throws when the task is canceled.
    public var sleep: @Sendable (Int64) async throws -> Void
    /// Posts a webhook delivery and returns the status of the answer, nil where none came. It has to give up by
    /// itself after a while.
    public var deliver: @Sendable (WebhookDelivery) async -> Int?

    public init(
        now: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (Int64) async throws -> Void,
        deliver: @escaping @Sendable (WebhookDelivery) async -> Int?
    ) {
        self.now = now
        self.sleep = sleep
        self.deliver = deliver
    }
}
