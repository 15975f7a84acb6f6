import Hummingbird
import HummingbirdCore
public import Logging
public import ServiceLifecycle

/// The listener for who runs Dunlin: `GET /health`, and nothing else. It has no password and belongs on loopback.
public struct AdminListener: Service {
    private let listener: HTTPListener
    private let routes: AdminRoutes

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - onListening: called with the port once it is bound.
    public init(
        host: String, port: Int, health: HealthCheck, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        routes = AdminRoutes(health: health)
        listener = HTTPListener(
            name: "admin listener", host: host, port: port, logger: logger, onListening: onListening)
    }

    /// Listens until its task is canceled or the service group around it shuts down.
    ///
    /// A port that cannot be bound, most likely because another worker of this host has it, is logged once and then
    /// done without: billing does not depend on it.
    ///
    /// - Throws: `CancellationError`.
    public func run() async throws {
        do {
            let routes = routes
            try await listener.serve { request in
                try await routes.answer(method: request.method.rawValue, path: request.uri.path)
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            listener.logger.warning(
                "the admin listener is off in this process",
                metadata: ["address": "\(listener.host):\(listener.port)", "error": "\(error)"])
        }
    }
}
