import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// How far a request got.
final class SendProgress: Sendable {
    private struct State {
        var headCounts = false
        var mayHaveBeenSent = false
    }

    private let state = Mutex(State())

    /// For a request without a body: sent once its head is.
    func countHead() { state.withLock { $0.headCounts = true } }
    func headSent() { state.withLock { $0.mayHaveBeenSent = $0.mayHaveBeenSent || $0.headCounts } }
    func bodyHandedOver() { state.withLock { $0.mayHaveBeenSent = true } }

    var mayHaveBeenSent: Bool { state.withLock(\.mayHaveBeenSent) }
}

/// Gathers an answer up to its limit.
final class ResponseCollector: HTTPClientResponseDelegate {
    private struct State {
        var head: HTTPResponseHead?
        var body = ByteBuffer()
    }

    private let progress: SendProgress
    private let bytesMax: Int
    private let state = Mutex(State())

    init(progress: SendProgress, bytesMax: Int) {
        self.progress = progress
        self.bytesMax = bytesMax
    }

    func didSendRequestHead(task: HTTPClient.Task<HTTPResponse>, _ head: HTTPRequestHead) { progress.headSent() }

    func didReceiveHead(task: HTTPClient.Task<HTTPResponse>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.head = head }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<HTTPResponse>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = state.withLock { state -> Bool in
            guard state.body.readableBytes + buffer.readableBytes <= bytesMax else { return false }
            state.body.writeImmutableBuffer(buffer)
            return true
        }
        if fits { return task.eventLoop.makeSucceededVoidFuture() }
        return task.eventLoop.makeFailedFuture(AnswerTooLarge(bytesMax: bytesMax))
    }

    func didFinishRequest(task: HTTPClient.Task<HTTPResponse>) throws -> HTTPResponse {
        try state.withLock { state in
            guard let head = state.head else { throw HTTPClientError.remoteConnectionClosed }
            return HTTPResponse(
                status: Int(head.status.code),
                headers: head.headers.map { HTTPHeader($0.name, $0.value) },
                body: Array(state.body.readableBytesView))
        }
    }
}

private struct AnswerTooLarge: Error, CustomStringConvertible {
    let bytesMax: Int
    var description: String { "the answer is larger than \(bytesMax) bytes" }
}
