import AsyncHTTPClient
import DunlinSandbox
import DunlinSimulation
import Foundation
import NIOCore
import NIOHTTP1

/// A client that sends what has to be sent, and no more.
struct BareClient: Sendable {
    struct Debt: Sendable {
        let customer: String
        let card: String
        let subscription: String
        let reference: String
    }

    private static let bytesMax = 1 << 22

    let client: HTTPClient
    let baseURL: String

    static func configuration(connections: Int) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            connectionPool: .init(
                idleTimeout: .seconds(15), concurrentHTTP1ConnectionsPerHostSoftLimit: connections))
        configuration.httpVersion = .http1Only
        return configuration
    }

    /// Creates an intent with the fields that the driver sends, and confirms it.
    func charge(_ debt: Debt) async throws {
        let created = try await post(
            "/v1/payment_intents",
            "amount=1200&currency=eur&customer=\(debt.customer)&payment_method=\(debt.card)"
                + "&payment_method_types[0]=card&metadata[dunlin_reference]=\(debt.reference)"
                + "&metadata[dunlin_subscription]=\(debt.subscription)&metadata[dunlin_period]=floor"
                + "&metadata[dunlin_invoice]=1&metadata[dunlin_database]=floor", key: debt.reference + ":create:1")
        guard let id = created["id"]?.string else { throw BenchError("the sandbox created nothing") }
        let confirmed = try await post(
            "/v1/payment_intents/\(id)/confirm", "off_session=true&payment_method=\(debt.card)",
            key: debt.reference + ":confirm:1")
        guard confirmed["status"]?.string == "succeeded" else { throw BenchError("a bare charge did not succeed") }
    }

    /// For the registration of a sample.
    func send(_ request: SandboxRequest) async throws -> SandboxResponse {
        var sent = HTTPClientRequest(url: baseURL + request.path)
        sent.method = .RAW(value: request.method)
        for (name, value) in request.headers { sent.headers.add(name: name, value: value) }
        if !request.body.isEmpty { sent.body = .bytes(request.body) }
        let (status, body) = try await answer(to: sent)
        return SandboxResponse(status: status, body: body)
    }

    /// How many requests the sandbox has answered.
    func requests() async throws -> Int {
        let (_, body) = try await answer(to: HTTPClientRequest(url: baseURL + "/_sandbox/audit"))
        let counts = try JSONValue(parsing: body)["requests"]?.members ?? []
        return counts.filter { $0.name.contains("/v1/") }.reduce(0) { $0 + Int($1.value.integer ?? 0) }
    }

    private func post(_ path: String, _ form: String, key: String) async throws -> JSONValue {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(SampleRegistration.key)")
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Idempotency-Key", value: key)
        request.body = .bytes(Array(form.utf8))
        let (status, body) = try await answer(to: request)
        guard status == 200 else {
            throw BenchError(
                "the sandbox answered \(path) with \(status): \(String(decoding: body.prefix(300), as: UTF8.self))")
        }
        return try JSONValue(parsing: body)
    }

    private func answer(to request: HTTPClientRequest) async throws -> (Int, [UInt8]) {
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: Self.bytesMax)
        return (Int(response.status.code), Array(body.readableBytesView))
    }
}
