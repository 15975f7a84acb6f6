import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinSandbox
import DunlinTesting
import Synchronization

/// One request on its way, as a test sees it.
struct WireRequest: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        case create, confirm, oneCall, refund, cancel, retrieve, list, search, account

        /// A request that creates or moves money.
        var isMoney: Bool { self == .create || self == .confirm || self == .oneCall || self == .refund }
    }

    var kind: Kind
    /// From 1, of this kind.
    var number: Int
    /// From 0, of all.
    var place: Int
    var path: String
    var query: String
    var idempotencyKey: String?
    var sentAt: Instant
    var body: String

    var isWrite: Bool { kind.isMoney || kind == .cancel }
}

/// What goes wrong with a request.
enum WireFault: Sendable {
    /// Nothing reaches the gateway, and the caller knows.
    case notSent
    /// Nothing reaches the gateway, and the caller cannot know.
    case lostBefore
    /// The effect happened; the answer is lost.
    case lostAfter
    /// This answer instead of the gateway's, with the effect or without it.
    case answer(Int, headers: [String: String] = [:], body: String = "", afterEffect: Bool = false)
    /// The answer comes so much later.
    case slow(seconds: Int64)
}

/// Carries requests to the sandbox's model without a socket, counts them, and disturbs them as a test says.
final class Wire: Transport {
    typealias Hook = @Sendable (WireRequest) async -> WireFault?

    private struct State {
        var requests: [WireRequest] = []
        var hook: Hook?
        /// Asked when the hook has nothing to say.
        var more: (@Sendable (WireRequest) -> WireFault?)?
        /// Awaited after the effect and before the answer goes back.
        var afterEffect: (@Sendable (WireRequest) async -> Void)?
    }

    let sandbox: Sandbox
    let dialect: SandboxDialect
    private let clock: VirtualClock
    private let fuse: Fuse
    private let state = Mutex(State())

    init(sandbox: Sandbox, dialect: SandboxDialect, clock: VirtualClock, fuse: Fuse) {
        self.sandbox = sandbox
        self.dialect = dialect
        self.clock = clock
        self.fuse = fuse
    }

    var requests: [WireRequest] { state.withLock { $0.requests } }
    var moneyRequests: [WireRequest] { requests.filter(\.kind.isMoney) }
    func count(_ kind: WireRequest.Kind) -> Int { requests.count { $0.kind == kind } }

    /// Asked before each request; a hook may also let other work run in the meantime.
    func disturb(_ hook: Hook?) { state.withLock { $0.hook = hook } }

    /// Disturbs besides what the scenario's own hook does.
    func also(_ more: @escaping @Sendable (WireRequest) -> WireFault?) { state.withLock { $0.more = more } }

    func afterEffect(_ hook: (@Sendable (WireRequest) async -> Void)?) { state.withLock { $0.afterEffect = hook } }

    /// Strikes each of these requests once, by kind and number.
    func strike(_ kind: WireRequest.Kind, _ numbers: Set<Int>, with fault: WireFault) {
        disturb { $0.kind == kind && numbers.contains($0.number) ? fault : nil }
    }

    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        do { try fuse.reach("\(request.method) \(path(of: request))") } catch { throw .lost("the run was cut off") }
        let known = note(request)
        let (hook, more) = state.withLock { ($0.hook, $0.more) }
        let fault = await hook?(known) ?? more?(known)
        if deadline.hasPassed() { throw .notSent("the send deadline had passed") }
        switch fault {
        case .notSent: throw .notSent("no route to the gateway")
        case .lostBefore: throw .lost("nothing came back")
        case .answer(let status, let headers, let body, afterEffect: false):
            return response(status, headers, body)
        case .lostAfter, .answer, .slow, nil: break
        }
        let response = answer(request)
        if let hook = state.withLock({ $0.afterEffect }) { await hook(known) }
        switch fault {
        case .lostAfter: throw .lost("the answer was lost")
        case .answer(let status, let headers, let body, _): return self.response(status, headers, body)
        case .slow(let seconds): clock.advance(seconds: seconds)
        case .notSent, .lostBefore, nil: break
        }
        switch response.delivery {
        case .normal, .trickle: break
        case .dropped, .silent, .truncated: throw .lost("the sandbox lost it")
        }
        return HTTPResponse(
            status: response.status, headers: response.headers.map { HTTPHeader($0.name, $0.value) },
            body: response.body)
    }

    // MARK: - Parts

    private func answer(_ request: HTTPRequest) -> SandboxResponse {
        let headers = request.headers.map { ($0.name.lowercased(), $0.value) }
        return sandbox.handle(
            SandboxRequest(
                method: request.method, path: path(of: request), query: query(of: request),
                headers: Dictionary(headers) { $1 }, body: request.body, receivedAt: clock.now.milliseconds,
                dialect: dialect))
    }

    private func response(_ status: Int, _ headers: [String: String], _ body: String) -> HTTPResponse {
        let type = body.hasPrefix("<") ? "text/html" : "application/json"
        return HTTPResponse(
            status: status,
            headers: [HTTPHeader("Content-Type", type)] + headers.map { HTTPHeader($0.key, $0.value) },
            body: Array(body.utf8))
    }

    private func note(_ request: HTTPRequest) -> WireRequest {
        let body = String(decoding: request.body, as: UTF8.self)
        let kind = Self.kind(request.method, path(of: request), body)
        return state.withLock { state in
            let known = WireRequest(
                kind: kind, number: state.requests.count { $0.kind == kind } + 1, place: state.requests.count,
                path: path(of: request), query: query(of: request),
                idempotencyKey: request.headers.first { $0.name == "Idempotency-Key" }?.value, sentAt: clock.now,
                body: body)
            state.requests.append(known)
            return known
        }
    }

    private static func kind(_ method: String, _ path: String, _ body: String) -> WireRequest.Kind {
        if path.hasSuffix("/confirm") { return .confirm }
        if path.hasSuffix("/cancel") { return .cancel }
        if path.hasSuffix("/search") { return .search }
        if path.hasSuffix("/account") { return .account }
        if method == "POST", path.hasSuffix("/refunds") { return .refund }
        if method == "POST" {
            return body.contains("confirm=true") || body.contains(#""confirm":true"#) ? .oneCall : .create
        }
        return path == "/v1/payment_intents" ? .list : .retrieve
    }

    private func path(of request: HTTPRequest) -> String {
        "/" + String(target(of: request).prefix { $0 != "?" })
    }

    private func query(of request: HTTPRequest) -> String {
        let target = target(of: request)
        guard let mark = target.firstIndex(of: "?") else { return "" }
        return String(target[target.index(after: mark)...])
    }

    private func target(of request: HTTPRequest) -> Substring {
        request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).last ?? ""
    }
}
