import DunlinTesting
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `dunlin sandbox` in another process, on a clock that stands still at the start of the tests' world.
final class SandboxProcess: Sendable {
    static let key = "sk_test_endtoend0123456789"

    let baseURL: String
    /// What the first webhook endpoint of each protocol is signed with.
    let webhookSecrets: [GatewayName: String]
    private let running: RunningProgram

    /// - Parameter now: what its clock shows.
    init(
        _ program: Program, now: String, arguments: [String], secondsMax: Int64 = RunningProgram.secondsMax
    ) async throws {
        let all = ["sandbox", "--port", "0", "--json", "--clock", "virtual", "--start", now]
        running = try program.start(all + arguments, secondsMax: secondsMax)
        let line = try #require(try await running.firstLine())
        let address = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        baseURL = try #require(address?["base_url"] as? String)
        webhookSecrets = [
            .stripe: try #require(address?["stripe_webhook_secret"] as? String),
            .wooshpay: try #require(address?["wooshpay_webhook_secret"] as? String),
        ]
    }

    /// Sends what a merchant's own server would: a form, as Stripe takes it.
    func stripe(_ path: String, _ form: [String: String] = [:]) async throws -> [String: Any] {
        try await send("POST", path, form)
    }

    /// Has events of one protocol sent there.
    func sendEvents(of gateway: GatewayName, to url: String) async throws {
        var request = request("POST", "/v1/webhook_endpoints")
        switch gateway {
        case .stripe:
            request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
            request.httpBody = Data("url=\(url)&enabled_events[]=*".utf8)
        case .wooshpay:
            // A request with a version of Stripe's is taken for Stripe's.
            request.setValue(nil, forHTTPHeaderField: "Stripe-Version")
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.setValue(
                "Basic " + Data("\(Self.key):".utf8).base64EncodedString(), forHTTPHeaderField: "Authorization")
            request.httpBody = Data(#"{"url":"\#(url)","enabled_events":["*"]}"#.utf8)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        #expect((response as? HTTPURLResponse)?.statusCode == 200, "\(String(decoding: data, as: UTF8.self))")
    }

    func get(_ path: String) async throws -> [String: Any] { try await send("GET", path, [:]) }

    /// A request to the sandbox's own pages, with a JSON body.
    func order(_ method: String, _ path: String, _ json: String = "{}") async throws {
        var request = request(method, path)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        if method != "DELETE" { request.httpBody = Data(json.utf8) }
        let (_, response) = try await URLSession.shared.data(for: request)
        #expect((response as? HTTPURLResponse)?.statusCode == 200)
    }

    /// Moves the sandbox's clock.
    func advance(seconds: Int) async throws {
        try await order("POST", "/_sandbox/clock", "{\"advance_seconds\":\(seconds)}")
    }

    struct Audit {
        let successes: Int
        let doubles: Int
        let requests: [String: Int]
    }

    /// What really happened, as the gateway saw it.
    func audit() async throws -> Audit {
        let audit = try await get("/_sandbox/audit")
        return Audit(
            successes: try #require(audit["successes"] as? Int), doubles: try #require(audit["double_charges"] as? Int),
            requests: try #require(audit["requests"] as? [String: Int]))
    }

    private func send(_ method: String, _ path: String, _ form: [String: String]) async throws -> [String: Any] {
        var request = request(method, path)
        if method == "POST" {
            request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(form.map { "\($0)=\($1)" }.joined(separator: "&").utf8)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        #expect((response as? HTTPURLResponse)?.statusCode == 200, "\(String(decoding: data, as: UTF8.self))")
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func request(_ method: String, _ path: String) -> URLRequest {
        var request = URLRequest(url: URL(string: baseURL + path) ?? URL(filePath: "/"))
        request.httpMethod = method
        request.setValue("Bearer \(Self.key)", forHTTPHeaderField: "Authorization")
        request.setValue("2026-07-29.dahlia", forHTTPHeaderField: "Stripe-Version")
        return request
    }
}
