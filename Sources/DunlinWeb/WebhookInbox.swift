public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
import DunlinGateways
import DunlinJobs
import DunlinLedger
public import Logging
import Synchronization

/// Where a gateway sends its events to, and what they must be signed with.
public struct WebhookRoute: Hashable, Sendable {
    /// The name in the settings, and the last part of the path.
    public var gateway: String
    public var kind: GatewayKind
    /// All that are valid now; several while one is being rolled.
    public var secrets: [Secret]
    public var toleranceSeconds: Int64

    public init(
        gateway: String, kind: GatewayKind, secrets: [Secret],
        toleranceSeconds: Int64 = WebhookSignature.defaultToleranceSeconds
    ) {
        self.gateway = gateway
        self.kind = kind
        self.secrets = secrets
        self.toleranceSeconds = toleranceSeconds
    }
}

/// The inbox: believes a delivery only by its signature over the raw bytes, and acknowledges it only once the event is
/// durable. What the event means is found out later, at the gateway.
public final class WebhookInbox: Sendable {
    /// A larger body is no event.
    public static let bodyBytesMax = 1 << 20
    /// Wrong signatures are counted in memory and stored this often: a flood must not keep the disk busy.
    private static let countIntervalMilliseconds: Int64 = 1000

    /// One POST, before anything of it is believed.
    public struct Delivery: Sendable {
        /// The name in the path.
        public var gateway: String
        public var body: [UInt8]
        /// The value of `Stripe-Signature` or `Wooshpay-Signature`.
        public var signature: String?
        public var contentType: String?
        public var userAgent: String?

        public init(
            gateway: String, body: [UInt8], signature: String?, contentType: String? = nil, userAgent: String? = nil
        ) {
            self.gateway = gateway
            self.body = body
            self.signature = signature
            self.contentType = contentType
            self.userAgent = userAgent
        }
    }

    /// What the gateway is told. Everything but `stored` makes it try again, or tells its operator.
    public enum Verdict: Hashable, Sendable {
        /// 200: durable, or it was already.
        case stored
        /// 404: no gateway of this name.
        case unknownGateway
        /// 400: not signed by any of the secrets, or too old.
        case wrongSignature
        /// 400: signed, and no event.
        case unreadable
        /// 413
        case tooLarge
        /// 503: no secret is set, so that nothing can be believed yet.
        case noSecret
        /// 503: the store takes no write now.
        case storeFailed

        /// The status line of the answer.
        public var status: Int {
            switch self {
            case .stored: 200
            case .unknownGateway: 404
            case .wrongSignature, .unreadable: 400
            case .tooLarge: 413
            case .noSecret, .storeFailed: 503
            }
        }

        var line: String {
            switch self {
            case .stored: "stored"
            case .unknownGateway: "no gateway of this name"
            case .wrongSignature: "not signed as expected"
            case .unreadable: "no event"
            case .tooLarge: "too large"
            case .noSecret, .storeFailed: "not now"
            }
        }
    }

    private struct Count {
        var waiting: Int64 = 0
        var storedAt: Instant?
    }

    private let database: Database
    private let mode: GatewayMode
    private let routes: [String: WebhookRoute]
    private let now: @Sendable () -> Instant
    private let logger: Logger
    private let counts = Mutex<[String: Count]>([:])

    /// - Parameter mode: of this installation; events of the other one are kept and ignored.
    public init(
        database: Database, mode: GatewayMode, routes: [WebhookRoute], logger: Logger,
        now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.mode = mode
        self.routes = Dictionary(routes.map { ($0.gateway, $0) }) { first, _ in first }
        self.logger = logger
        self.now = now
    }

    /// True when some gateway has a secret: else nothing can be believed.
    public var canBelieve: Bool { routes.values.contains { !$0.secrets.isEmpty } }

    func knows(_ gateway: String) -> Bool { routes[gateway] != nil }

    /// Judges and stores one delivery. Never throws: what the gateway is to do is the answer.
    public func receive(_ delivery: Delivery) async -> Verdict {
        guard let route = routes[delivery.gateway] else { return .unknownGateway }
        guard delivery.body.count <= Self.bodyBytesMax else { return .tooLarge }
        guard !route.secrets.isEmpty else {
            logger.error("a webhook came, and no webhook secret is set", metadata: ["gateway": "\(route.gateway)"])
            return .noSecret
        }
        let now = now()
        let isStale: Bool
        switch judge(delivery, route, now: now) {
        case .fresh: isStale = false
        case .stale: isStale = true
        case .rejected(let why):
            await countWrongSignature(route.gateway, why, now: now)
            return .wrongSignature
        }
        do throws(EventParser.Problem) {
            let event = try EventParser.event(delivery.body)
            return await store(event, delivery, route, isStale: isStale, now: now)
        } catch {
            logger.warning(
                "a signed webhook is no event",
                metadata: ["gateway": "\(route.gateway)", "problem": "\(error.rawValue)"])
            return .unreadable
        }
    }

    private func judge(
        _ delivery: Delivery, _ route: WebhookRoute, now: Instant
    ) -> WebhookSignature.Verdict {
        guard let header = delivery.signature else { return .rejected(.malformedHeader) }
        let secrets = route.secrets.map(\.exposed)
        let seconds = now.milliseconds / 1000
        return switch route.kind {
        case .stripe:
            WebhookSignature.verifyStripe(
                header: header, body: delivery.body, secrets: secrets, nowSeconds: seconds,
                toleranceSeconds: route.toleranceSeconds)
        case .wooshpay:
            WebhookSignature.verifyWooshPay(
                header: header, body: delivery.body, secrets: secrets, nowSeconds: seconds,
                toleranceSeconds: route.toleranceSeconds)
        }
    }

    private func store(
        _ event: GatewayEvent, _ delivery: Delivery, _ route: WebhookRoute, isStale: Bool, now: Instant
    ) async -> Verdict {
        let new = NewEvent(
            gateway: route.gateway, event: event, source: .webhook, bodyHash: HexDigest.sha256(delivery.body),
            isStale: isStale, signedAt: WebhookSignature.signedAt(delivery.signature ?? ""),
            headers: delivery.allowedHeaders)
        let mode = mode
        do {
            let state = try await database.write(step: "store-event") { tx in
                try EventInbox.store(new, mode: mode, now: now, tx)
            }
            logger.debug(
                "webhook stored",
                metadata: [
                    "gateway": "\(route.gateway)", "event": "\(event.id)", "type": "\(event.type)",
                    "state": "\(state.rawValue)",
                ])
            return .stored
        } catch {
            logger.error(
                "a webhook could not be stored; the gateway will try again",
                metadata: ["gateway": "\(route.gateway)", "error": "\(error)"])
            return .storeFailed
        }
    }

    // MARK: - Wrong signatures

    private func countWrongSignature(
        _ gateway: String, _ why: WebhookSignature.Rejection, now: Instant
    ) async {
        logger.warning(
            "a webhook was not signed as expected", metadata: ["gateway": "\(gateway)", "reason": "\(why.rawValue)"])
        let due: Int64 = counts.withLock { counts in
            var count = counts[gateway] ?? Count()
            count.waiting += 1
            defer { counts[gateway] = count }
            let isDue = count.storedAt.map { now.milliseconds(since: $0) >= Self.countIntervalMilliseconds } ?? true
            guard isDue else { return 0 }
            count.storedAt = now
            defer { count.waiting = 0 }
            return count.waiting
        }
        if due > 0 { await store(due, gateway, now: now) }
    }

    /// Stores the counts that wait. Called when the listener ends.
    public func flush() async {
        let now = now()
        let waiting = counts.withLock { counts in
            defer { counts = [:] }
            return counts.filter { $0.value.waiting > 0 }
        }
        for (gateway, count) in waiting { await store(count.waiting, gateway, now: now) }
    }

    /// A count that cannot be stored is kept for the next time.
    private func store(_ count: Int64, _ gateway: String, now: Instant) async {
        do {
            try await database.write(step: "count-refused") { tx in
                try RefusedDeliveries.add(count, gateway: gateway, now: now, tx)
            }
        } catch {
            counts.withLock { $0[gateway, default: Count()].waiting += count }
        }
    }
}

extension WebhookInbox.Delivery {
    private static let headerCharactersMax = 120

    /// A line for each header that is kept.
    var allowedHeaders: String? {
        let lines = [("content-type", contentType), ("user-agent", userAgent)].compactMap { name, value in
            value.map { "\(name): \(Redaction.clean(String($0.prefix(Self.headerCharactersMax))))" }
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
