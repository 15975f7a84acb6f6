import Foundation

/// What the admin listener answers to, without a socket.
struct AdminRoutes: Sendable {
    struct Answer: Hashable, Sendable {
        var status: Int
        /// By lower-case name.
        var headers: [String: String]
        var body: [UInt8]

        init(_ status: Int, contentType: String, _ body: [UInt8]) {
            self.status = status
            self.body = body
            // The state of this moment: no cache may show it for that of another.
            headers = [
                "cache-control": "no-store", "content-type": contentType, "content-length": String(body.count),
                "x-content-type-options": "nosniff",
            ]
        }

        static let notFound = Answer(404, contentType: "text/plain; charset=utf-8", Array("not found\n".utf8))
    }

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
