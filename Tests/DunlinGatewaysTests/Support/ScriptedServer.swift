import NIOCore
import NIOPosix
import Synchronization

/// Answers the requests that reach a loopback port with the steps of a script, one after another, and keeps every
/// request as it came, byte for byte.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// A whole answer; `Content-Length` and `Date` are added.
        case answer(Int, headers: [String: String] = [:], body: String = "")
        /// These bytes, then the connection ends.
        case bytes(String)
        /// The connection ends when the request has been read.
        case close
        /// The connection is reset when the request has been read.
        case reset
        /// Nothing, ever.
        case silence
        /// The connection ends at its first byte.
        case closeAtFirstByte
        /// The whole answer, then the connection ends although it was to be kept.
        case answerThenClose(Int, body: String)
    }

    /// In the answers that the server builds.
    static let date = "Sat, 21 Nov 2026 10:00:00 GMT"

    private struct State {
        var script: [Step]
        var requests: [String] = []
        var connections: [any Channel] = []
    }

    private let state: Mutex<State>
    private let listener: Mutex<(any Channel)?> = Mutex(nil)

    init(_ script: [Step]) { state = Mutex(State(script: script)) }

    func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                self.state.withLock { $0.connections.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptedConnection(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
    }

    func stop() async throws {
        let channels = listener.withLock { [$0].compactMap { $0 } } + state.withLock(\.connections)
        for channel in channels { try? await channel.close() }
    }

    var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }
    var baseURL: String { "http://127.0.0.1:\(port)" }
    /// Every request so far, its port written as `PORT`.
    var requests: [String] {
        let port = port
        return state.withLock { $0.requests.map { $0.replacing(":\(port)\r\n", with: ":PORT\r\n") } }
    }

    fileprivate var closesAtFirstByte: Bool {
        state.withLock { state in
            guard case .closeAtFirstByte? = state.script.first else { return false }
            state.script.removeFirst()
            return true
        }
    }

    fileprivate func step(for request: String) -> Step {
        state.withLock { state in
            state.requests.append(request)
            return state.script.isEmpty ? .answer(500, body: "the script has ended") : state.script.removeFirst()
        }
    }
}

/// Cuts what arrives into requests.
private final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: ScriptedServer
    private var received = ""

    init(server: ScriptedServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        if server.closesAtFirstByte || received.utf8.first == 0x16 {
            context.close(promise: nil)
            return
        }
        while let request = takeRequest() { carryOut(server.step(for: request), context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeRequest() -> String? {
        guard let end = received.firstRange(of: "\r\n\r\n") else { return nil }
        let head = received[..<end.lowerBound]
        let length = head.split(separator: "\r\n").lazy.compactMap { line -> Int? in
            let parts = line.split(separator: ": ", maxSplits: 1)
            return parts.count == 2 && parts[0].lowercased() == "content-length" ? Int(parts[1]) : nil
        }.first
        let body = received[end.upperBound...]
        guard body.utf8.count >= length ?? 0 else { return nil }
        let request = String(head + "\r\n\r\n" + body.prefix(length ?? 0))
        received = String(body.dropFirst(length ?? 0))
        return request
    }

    private func carryOut(_ step: ScriptedServer.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .answer(let status, let headers, let body):
            write(Self.answer(status, headers, body), context)
        case .answerThenClose(let status, let body):
            write(Self.answer(status, [:], body), context)
            context.close(promise: nil)
        case .bytes(let bytes):
            write(bytes, context)
            context.close(promise: nil)
        case .close: context.close(promise: nil)
        case .reset:
            let channel = context.channel
            guard let options = channel as? any SocketOptionProvider else { return }
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        case .silence, .closeAtFirstByte: break
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
    }

    private static func answer(_ status: Int, _ headers: [String: String], _ body: String) -> String {
        var all = ["Content-Type": "application/json", "Date": ScriptedServer.date]
        all.merge(headers) { $1 }
        all["Content-Length"] = String(body.utf8.count)
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
        return "HTTP/1.1 \(status) X\r\n\(lines.joined())\r\n\(body)"
    }
}
