/// How a sandbox is set up.
public struct SandboxOptions: Sendable {
    /// Where a virtual clock starts by default: 2026-01-01T00:00:00Z.
    public static let defaultStart: Int64 = 1_767_225_600_000

    /// Decides every id and every draw: the same seed and the same requests give the same answers.
    public var seed: UInt64 = 1
    /// Milliseconds since 1970 at which the sandbox's clock stands first.
    public var start: Int64 = defaultStart
    /// Keys that are accepted; empty accepts every well-formed test key.
    public var keys: [String] = []
    /// The address under which hosted pages are reached, without a slash at the end.
    public var baseURL = "http://127.0.0.1"
    /// Secrets of the first webhook endpoint of each dialect; nil makes them from the seed.
    public var stripeWebhookSecret: String?
    public var wooshpayWebhookSecret: String?
    /// URLs that get all events of a dialect from the start.
    public var stripeWebhookURLs: [String] = []
    public var wooshpayWebhookURLs: [String] = []
    /// Makes the sandbox take every POST as new.
    public var ignoresIdempotencyKeys = false
    public var quirks = WooshPayQuirks()
    public var profile = StatisticalProfile()
    /// Faults that apply from the start, in order.
    public var faults: [FaultRule] = []
    public var webhookFaults = WebhookFaults()
    /// nil switches limits off. They count by the sandbox's clock: under a virtual clock, advance it.
    public var rateLimits: RateLimits?
    /// How long Stripe's search does not see a new object.
    public var searchLagMilliseconds: Int64 = 20_000
    /// How many times an intent may be confirmed before the gateway cancels it.
    public var confirmationsMax = 100
    /// How long events can be read; Stripe's 30 days.
    public var eventHorizonMilliseconds: Int64 = 30 * 86_400_000
    /// Finished objects older than this are forgotten, and their events and deliveries; nil keeps all. The audit's
    /// counts stay.
    public var horizonMilliseconds: Int64?
    /// Switched off, no events are made: saves memory where no webhook is wanted.
    public var makesEvents = true
    /// How long a disputed charge stays undisputed.
    public var disputeDelayMilliseconds: Int64 = 1000

    public init() {}
}

/// The oddities of WooshPay's documented samples, each switchable. Off means the most regular form.
public struct WooshPayQuirks: Hashable, Sendable {
    /// `next_action`, `payment_method_types` and `payment_method_options` as strings that hold JSON.
    public var stringifiedJSON = false
    /// `""` for null in `next_action`, `customer` and `cancel_at`; off leaves null members out.
    public var emptyStrings = false
    /// `amount_received` is null on a succeeded intent.
    public var nullAmountReceived = false
    /// Declines are 402 with an error instead of 200 with the intent.
    public var declinesAs402 = false
    /// An off-session charge that needs authentication is 402 instead of 200 with `requires_action`.
    public var authenticationAs402 = false
    /// Errors are `{"error":"text"}`.
    public var textErrors = false
    /// Errors have their members at the top level.
    public var flatErrors = false
    /// Retries of a delivery keep the first signature.
    public var keepsSignature = false
    /// Keys are ignored on this dialect alone.
    public var ignoresIdempotencyKeys = false
    /// How long the search does not see a new object.
    public var searchLagMilliseconds: Int64 = 0

    public init() {}

    /// The quirks with these names, as the command line takes them; nil for the first unknown name.
    public init?(names: some Sequence<String>) {
        for name in names {
            switch name {
            case "stringified_json": stringifiedJSON = true
            case "empty_strings": emptyStrings = true
            case "null_amount_received": nullAmountReceived = true
            case "declines_as_402": declinesAs402 = true
            case "authentication_as_402": authenticationAs402 = true
            case "text_errors": textErrors = true
            case "flat_errors": flatErrors = true
            case "keeps_signature": keepsSignature = true
            case "ignores_idempotency_keys": ignoresIdempotencyKeys = true
            case "search_lag": searchLagMilliseconds = 20_000
            case "all":
                (stringifiedJSON, emptyStrings, nullAmountReceived) = (true, true, true)
                keepsSignature = true
            default: return nil
            }
        }
    }

    /// All names that `init(names:)` takes.
    public static let names = [
        "stringified_json", "empty_strings", "null_amount_received", "declines_as_402", "authentication_as_402",
        "text_errors", "flat_errors", "keeps_signature", "ignores_idempotency_keys", "search_lag", "all",
    ]
}

/// Limits as Stripe documents them (docs.stripe.com/rate-limits).
public struct RateLimits: Hashable, Sendable {
    public var testPerSecond: Int64 = 25
    public var livePerSecond: Int64 = 100
    public var endpointPerSecond: Int64 = 25
    public var searchPerSecond: Int64 = 20
    /// Writes to one PaymentIntent in an hour.
    public var updatesPerIntentAndHour: Int64 = 1000
    /// Sent as `Retry-After`; Stripe documents none, so the default sends none.
    public var retryAfterSeconds: Int64?

    public init() {}
}
