import Foundation

/// What the admin listener answers to, without a socket.
struct AdminRoutes: Sendable {
    private let health: HealthCheck

    init(health: HealthCheck) { self.health = health }

    /// - Parameter path: without the query.
    /// - Throws: what encoding throws.
    func answer(method: String, path: String) async throws -> Answer {
        guard method == "GET", path == "/health" else { return .notFound }
        let report = await health.report()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = try encoder.encode(report)
        return Answer(report.ok ? 200 : 503, contentType: "application/json", Array(body) + [UInt8(ascii: "\n")])
    }
}
