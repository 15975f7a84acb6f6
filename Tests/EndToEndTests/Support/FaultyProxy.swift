import DunlinCalendar
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A proxy between the program and a gateway that spoils connections by a seed: it cuts some off before the request
/// gets through, some when the answer comes, and some in the middle of the answer.
final class FaultyProxy: Sendable {
    enum Fault: String, CaseIterable, Sendable {
        case cutsTheRequest, cutsTheAnswer, halvesTheAnswer
    }

    struct Counts: Sendable {
        var requests = 0
        var faults: [Fault: Int] = [:]
    }

    private struct State {
        var generator: SeededGenerator
        var counts = Counts()
        var isHonest = false
    }

    private let listener: any Channel
    private let state: Box
    let baseURL: String

    /// - Parameter target: the gateway's base URL, `http://127.0.0.1:port`.
    init(target: String, seed: UInt64) async throws {
        let port = target.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let state = Box(seed: seed)
        self.state = state
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .childChannelOption(ChannelOptions.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(Relay(to: client, .answers(state)))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMap { server in
                        client.eventLoop.makeCompletedFuture {
                            try client.pipeline.syncOperations.addHandler(Relay(to: server, .requests(state)))
                        }
                    }
                    .flatMap { client.setOption(ChannelOptions.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        baseURL = "http://127.0.0.1:\(listener.localAddress?.port ?? 0)"
    }

    deinit { listener.close(promise: nil) }

    var counts: Counts { state.counts }

    /// No more faults from now on.
    func becomeHonest() { state.becomeHonest() }

    /// What is drawn, behind its lock.
    fileprivate final class Box: Sendable {
        /// One request in so many meets a fault.
        private static let oneIn = 7
        private let state: Mutex<State>

        init(seed: UInt64) { state = Mutex(State(generator: SeededGenerator(seed: seed))) }

        var counts: Counts { state.withLock(\.counts) }
        func becomeHonest() { state.withLock { $0.isHonest = true } }

        func noteRequest() { state.withLock { $0.counts.requests += 1 } }

        /// The fault that strikes now, out of those that are possible here.
        func fault(_ possible: [Fault]) -> Fault? {
            state.withLock { state in
                guard !state.isHonest, Int.random(in: 0..<Self.oneIn, using: &state.generator) == 0,
                    let fault = possible.randomElement(using: &state.generator)
                else { return nil }
                state.counts.faults[fault, default: 0] += 1
                return fault
            }
        }
    }
}

/// Passes bytes on from one side to the other.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Direction {
        case requests(FaultyProxy.Box)
        case answers(FaultyProxy.Box)
    }

    private let other: any Channel
    private let direction: Direction

    init(to other: any Channel, _ direction: Direction) {
        self.other = other
        self.direction = direction
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        switch direction {
        case .requests(let box):
            box.noteRequest()
            if box.fault([.cutsTheRequest]) != nil { return close(context) }
            other.writeAndFlush(bytes, promise: nil)
        case .answers(let box):
            switch box.fault([.cutsTheAnswer, .halvesTheAnswer]) {
            case .halvesTheAnswer:
                other.writeAndFlush(bytes.getSlice(at: bytes.readerIndex, length: bytes.readableBytes / 2) ?? bytes)
                    .whenComplete { [other] _ in other.close(promise: nil) }
                context.close(promise: nil)
            case nil: other.writeAndFlush(bytes, promise: nil)
            default: close(context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(context) }

    private func close(_ context: ChannelHandlerContext) {
        context.close(promise: nil)
        other.close(promise: nil)
    }
}
