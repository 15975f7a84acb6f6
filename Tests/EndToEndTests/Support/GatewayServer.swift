import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A gateway in the tests' own process, on a loopback port: what it answers is a function, and a test may hold single
/// requests back, spoil their answers, and see what came.
final class GatewayServer: Sendable {
    typealias Model = @Sendable (GatewayRequest) -> GatewayAnswer

    /// How a request is disturbed, once.
    enum Trouble: Sendable {
        /// Answered so, with or without its effect.
        case instead(GatewayAnswer, hasEffect: Bool)
        /// Has its effect, and its answer travels so.
        case travels(GatewayAnswer.Wire)
        case held(Hold)
    }

    fileprivate struct Rule: Sendable {
        let endpoint: String
        /// Matching requests that still pass before this rule strikes.
        var passes: Int
        var strikes: Int
        let trouble: Trouble
    }

    fileprivate struct State {
        var requests: [GatewayRequest] = []
        var rules: [Rule] = []
        var connections: [any Channel] = []
    }

    private let listener: any Channel
    private let core: Core
    let baseURL: String

    /// - Parameter isPlain: answers as HTTP/1.0 does, one request per connection.
    init(isPlain: Bool = false, port: Int = 0, _ model: @escaping Model) async throws {
        let core = Core(model)
        self.core = core
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .childChannelInitializer { channel in
                core.state.withLock { $0.connections.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(GatewayConnection(core: core, isPlain: isPlain))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        baseURL = "http://127.0.0.1:\(listener.localAddress?.port ?? 0)"
    }

    deinit { close() }

    func close() {
        listener.close(promise: nil)
        for connection in core.state.withLock(\.connections) { connection.close(promise: nil) }
    }

    /// Every request so far, in the order of arrival.
    var requests: [GatewayRequest] { core.state.withLock(\.requests) }

    func count(_ endpoint: String) -> Int { requests.count { $0.endpoint == endpoint } }

    /// Holds the `nth` request to the endpoint from now on.
    func hold(_ moment: Hold.Moment, _ endpoint: String, nth: Int = 1) -> Hold {
        let hold = Hold(moment)
        disturb(endpoint, nth: nth, .held(hold))
        return hold
    }

    /// The `nth` request to the endpoint from now on meets trouble, and `times - 1` after it. `*` is any endpoint.
    func disturb(_ endpoint: String, nth: Int = 1, times: Int = 1, _ trouble: Trouble) {
        core.state.withLock {
            $0.rules.append(Rule(endpoint: endpoint, passes: nth - 1, strikes: times, trouble: trouble))
        }
    }

    func endTroubles() { core.state.withLock { $0.rules = [] } }

    fileprivate final class Core: Sendable {
        let state = Mutex(State())
        private let model: Model

        init(_ model: @escaping Model) { self.model = model }

        func receive(_ request: GatewayRequest, answer: @escaping @Sendable (GatewayAnswer) -> Void) {
            switch trouble(for: request) {
            case nil: answer(model(request))
            case .instead(let other, let hasEffect):
                if hasEffect { _ = model(request) }
                answer(other)
            case .travels(let wire):
                var own = model(request)
                own.wire = wire
                answer(own)
            case .held(let hold):
                let model = model
                switch hold.moment {
                case .beforeEffect: hold.stop { answer(model(request)) }
                case .afterEffect:
                    let own = model(request)
                    hold.stop { answer(own) }
                }
            }
        }

        private func trouble(for request: GatewayRequest) -> Trouble? {
            state.withLock { state in
                state.requests.append(request)
                for index in state.rules.indices {
                    let endpoint = state.rules[index].endpoint
                    guard state.rules[index].strikes > 0, endpoint == "*" || endpoint == request.endpoint else {
                        continue
                    }
                    if state.rules[index].passes > 0 {
                        state.rules[index].passes -= 1
                        continue
                    }
                    state.rules[index].strikes -= 1
                    return state.rules[index].trouble
                }
                return nil
            }
        }
    }
}

/// One connection: gathers requests and writes answers.
private final class GatewayConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let core: GatewayServer.Core
    private let isPlain: Bool
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(core: GatewayServer.Core, isPlain: Bool) {
        self.core = core
        self.isPlain = isPlain
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part): body += Array(part.readableBytesView)
        case .end:
            guard let request = taken() else { return }
            let channel = context.channel
            let isPlain = isPlain
            core.receive(request) { answer in
                channel.eventLoop.execute { Self.write(answer, isPlain: isPlain, to: channel) }
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func taken() -> GatewayRequest? {
        guard let head else { return nil }
        let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
        return GatewayRequest(
            method: head.method.rawValue, path: parts[0], query: parts.count > 1 ? parts[1] : "",
            headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
            body: body, arrivedAt: .now())
    }

    private static func write(_ answer: GatewayAnswer, isPlain: Bool, to channel: any Channel) {
        switch answer.wire {
        case .silent: return
        case .closed: return channel.close(promise: nil)
        case .whole, .truncated: break
        }
        var headers = HTTPHeaders(answer.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        headers.replaceOrAdd(name: "Content-Length", value: String(answer.body.count))
        if isPlain { headers.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: isPlain ? .http1_0 : .http1_1, status: .init(statusCode: answer.status), headers: headers)
        let isWhole = answer.wire == .whole
        let bytes = isWhole ? answer.body[...] : answer.body.prefix(answer.body.count / 2)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
        guard isWhole else { return channel.close(promise: nil) }
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
            if isPlain { channel.close(promise: nil) }
        }
    }
}
