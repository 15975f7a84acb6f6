import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The listener for who runs Dunlin: `GET /health`, and nothing else. It has no password and belongs on loopback.
public struct AdminListener: Service {
    /// A connection on which nothing moves is closed after this time.
    private static let idleSecondsMax: Int64 = 30

    private let host: String
    private let port: Int
    private let routes: AdminRoutes
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - onListening: called with the port once it is bound.
    public init(
        host: String, port: Int, health: HealthCheck, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        routes = AdminRoutes(health: health)
        self.logger = logger
        self.onListening = onListening
    }

    /// Listens until its task is canceled or the service group around it shuts down.
    ///
    /// A port that cannot be bound, most likely because another worker of this host has it, is logged once and then
    /// done without: billing does not depend on it.
    ///
    /// - Throws: `CancellationError`.
    public func run() async throws {
        do {
            try await serve()
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning(
                "the admin listener is off in this process",
                metadata: ["address": "\(host):\(port)", "error": "\(error)"])
        }
    }

    private func serve() async throws {
        let server = try HTTPServerBuilder.http1(
            configuration: .init(idleTimeout: .seconds(Self.idleSecondsMax))
        ).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), serverName: nil),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger,
            responder: { request, writer, _ in try await write(answer(to: request), writer) },
            onServerRunning: { channel in
                let bound = channel.localAddress?.port ?? port
                logger.info("admin listener started", metadata: ["address": "\(host):\(bound)"])
                await onListening(bound)
            })
        try await server.run()
    }

    private func answer(to request: Request) async throws -> AdminRoutes.Answer {
        try await routes.answer(method: request.method.rawValue, path: request.uri.path)
    }

    private func write(_ answer: AdminRoutes.Answer, _ writer: consuming ResponseWriter) async throws {
        var fields = HTTPFields()
        for (key, value) in answer.headers {
            if let name = HTTPField.Name(key) { fields[name] = value }
        }
        try await writer.write(
            response: HTTPResponse(status: .init(code: answer.status), headerFields: fields),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
