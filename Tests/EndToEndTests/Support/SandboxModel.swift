import DunlinSandbox
import Foundation
import Testing

/// The sandbox in the tests' own process, behind a server whose requests a test may hold: its clock stands at the start
/// of the tests' world.
struct SandboxModel: Sendable {
    let sandbox: Sandbox

    init(_ adjust: (inout SandboxOptions) -> Void = { _ in }) {
        var options = SandboxOptions()
        options.start = Dates.startSeconds * 1000
        adjust(&options)
        sandbox = Sandbox(options)
    }

    func answer(_ request: GatewayRequest) -> GatewayAnswer {
        let response = sandbox.handle(
            SandboxRequest(
                method: request.method, path: request.path, query: request.query, headers: request.headers,
                body: request.body))
        let headers = Dictionary(response.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let wire: GatewayAnswer.Wire =
            switch response.delivery {
            case .normal, .trickle: .whole
            case .dropped: .closed
            case .silent: .silent
            case .truncated: .truncated
            }
        return GatewayAnswer(status: response.status, headers: headers, body: response.body, wire: wire)
    }

    /// A customer of the gateway with a card attached, as the merchant's own application left them.
    func save(card: String) throws -> SavedCard {
        let customer = try post("/v1/customers", [:])
        let method = try post("/v1/payment_methods/\(card)/attach", ["customer": customer])
        return SavedCard(customerID: customer, methodID: method)
    }

    /// - Returns: the id of what was made.
    private func post(_ path: String, _ form: [String: String]) throws -> String {
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: path,
                headers: [
                    "authorization": "Bearer \(Site.key)", "content-type": "application/x-www-form-urlencoded",
                ], body: Array(form.map { "\($0)=\($1)" }.joined(separator: "&").utf8)))
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return try #require(object?["id"] as? String)
    }
}
