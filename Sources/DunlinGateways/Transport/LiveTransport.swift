import AsyncHTTPClient
public import DunlinCore
import NIOCore
import NIOHTTP1
import Synchronization

/// HTTP/1.1 over AsyncHTTPClient, with everything that could repeat or redirect a request switched off.
///
/// AsyncHTTPClient repeats the establishing of connections (switched off here) and never a request: one that meets a
/// pooled connection which the other side is closing fails, and it is told here whether its body had been handed
/// over. For a request with a body that is exact, since the body is asked for only after the head was written, on the
/// event loop that also ends the request; a server cannot carry out a request whose body it never saw.
public struct LiveTransport: Transport {
    public struct Limits: Sendable {
        /// Name look-up, connect and TLS, and the wait for a free connection.
        public var connectTimeoutMilliseconds: Int64
        /// Connections to one host are opened up to this many; further requests wait for a free one.
        public var connectionsMax: Int
        /// A larger answer counts as lost.
        public var responseBytesMax: Int
        /// An idle connection is closed after this time, before most servers would close it.
        public var idleSeconds: Int64

        public init(
            connectTimeoutMilliseconds: Int64 = 10_000, connectionsMax: Int = 32,
            responseBytesMax: Int = 4 * 1024 * 1024, idleSeconds: Int64 = 15
        ) {
            self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
            self.connectionsMax = connectionsMax
            self.responseBytesMax = responseBytesMax
            self.idleSeconds = idleSeconds
        }
    }

    private let connections: Connections
    private let limits: Limits

    public init(limits: Limits = Limits()) {
        self.limits = limits
        connections = Connections(Self.configuration(limits))
    }

    /// Closes the connections. Every request must have ended before; later ones are not sent. Must be called before a
    /// transport that has sent something is let go.
    public func shutdown() async throws { try await connections.close() }

    public func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        if deadline.hasPassed() { throw .notSent(SendDeadlinePassed().description) }
        let progress = SendProgress()
        guard let client = connections.client else { throw .notSent("the transport was shut down") }
        let prepared: HTTPClient.Request
        do {
            prepared = try Self.prepare(
                request, deadline: deadline, progress: progress, loop: client.eventLoopGroup.any())
        } catch {
            throw .notSent("the request cannot be built: \(error)")
        }
        let collector = ResponseCollector(progress: progress, bytesMax: limits.responseBytesMax)
        do {
            return try await client.execute(
                request: prepared, delegate: collector, deadline: .now() + .milliseconds(totalTimeoutMilliseconds)
            ).get()
        } catch {
            let reason = Self.reason(error)
            throw progress.mayHaveBeenSent ? .lost(reason) : .notSent(reason)
        }
    }

    private static func prepare(
        _ request: HTTPRequest, deadline: SendDeadline, progress: SendProgress, loop: any EventLoop
    ) throws -> HTTPClient.Request {
        var prepared = try HTTPClient.Request(url: request.url, method: .init(rawValue: request.method))
        for header in request.headers { prepared.headers.add(name: header.name, value: header.value) }
        guard !request.body.isEmpty else {
            progress.countHead()
            return prepared
        }
        let body = ByteBuffer(bytes: request.body)
        prepared.body = .stream(contentLength: Int64(body.readableBytes)) { writer in
            if deadline.hasPassed() { return loop.makeFailedFuture(SendDeadlinePassed()) }
            progress.bodyHandedOver()
            return writer.write(.byteBuffer(body))
        }
        return prepared
    }

    private static func configuration(_ limits: Limits) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(limits.connectTimeoutMilliseconds)),
            connectionPool: .init(
                idleTimeout: .seconds(limits.idleSeconds),
                concurrentHTTP1ConnectionsPerHostSoftLimit: limits.connectionsMax),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private static func reason(_ error: any Error) -> String {
        let text = (error as? HTTPClientError)?.shortDescription ?? String(describing: error)
        return String(Redaction.clean(text).prefix(300))
    }
}

/// The client, made when it is first needed: one that is let go without a shutdown stops a debug build, and a driver
/// that is refused because of its key never gets to send anything.
private final class Connections: Sendable {
    private enum State {
        case unused
        case open(HTTPClient)
        case closed
    }

    private let configuration: HTTPClient.Configuration
    private let state = Mutex(State.unused)

    init(_ configuration: HTTPClient.Configuration) { self.configuration = configuration }

    /// nil once closed.
    var client: HTTPClient? {
        state.withLock { state in
            switch state {
            case .open(let client): return client
            case .closed: return nil
            case .unused:
                let client = HTTPClient(
                    eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
                state = .open(client)
                return client
            }
        }
    }

    func close() async throws {
        let client = state.withLock { state -> HTTPClient? in
            defer { state = .closed }
            guard case .open(let client) = state else { return nil }
            return client
        }
        try await client?.shutdown()
    }
}

private struct SendDeadlinePassed: Error, CustomStringConvertible {
    var description: String { "the send deadline had passed" }
}
