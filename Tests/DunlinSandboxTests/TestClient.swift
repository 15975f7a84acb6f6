import DunlinSandbox

/// Speaks to a sandbox in process, in either dialect.
struct TestClient {
    let sandbox: Sandbox
    var key = "sk_test_client"
    var version: String? = "2026-07-29.dahlia"

    init(_ options: SandboxOptions = SandboxOptions()) { sandbox = Sandbox(options) }

    struct Answer {
        let response: SandboxResponse
        let json: JSONValue

        var status: Int { response.status }
        var id: String { json["id"]?.string ?? "" }
        var error: JSONValue { json["error"] ?? .null }
        subscript(name: String) -> JSONValue? { json[name] }
    }

    /// A request of Stripe's dialect: a form in `parameters`, `a[b]=c&d=e`.
    @discardableResult
    func stripe(
        _ method: String, _ path: String, _ parameters: String = "", idempotencyKey: String? = nil, at: Int64? = nil
    ) -> Answer {
        var headers = ["authorization": "Bearer \(key)", "content-type": "application/x-www-form-urlencoded"]
        headers["stripe-version"] = version
        headers["idempotency-key"] = idempotencyKey
        let isRead = method == "GET"
        return send(
            SandboxRequest(
                method: method, path: path, query: isRead ? parameters : "", headers: headers,
                body: isRead ? [] : Array(parameters.utf8), receivedAt: at))
    }

    /// A request of WooshPay's dialect: JSON in `body`.
    @discardableResult
    func wooshpay(
        _ method: String, _ path: String, _ body: String = "", query: String = "", idempotencyKey: String? = nil
    ) -> Answer {
        var headers = [
            "authorization": "Basic c2tfdGVzdF9FWEFNUExFS0VZMDAwMTo=", "content-type": "application/json",
            "accept": "application/json",
        ]
        headers["idempotency-key"] = idempotencyKey
        return send(
            SandboxRequest(method: method, path: path, query: query, headers: headers, body: Array(body.utf8)))
    }

    /// A request under `/_sandbox/`.
    @discardableResult
    func admin(_ method: String, _ path: String, _ body: String = "") -> Answer {
        send(
            SandboxRequest(
                method: method, path: "/_sandbox/" + path, headers: ["content-type": "application/json"],
                body: Array(body.utf8)))
    }

    @discardableResult
    func send(_ request: SandboxRequest) -> Answer {
        let response = sandbox.handle(request)
        return Answer(response: response, json: (try? JSONValue(parsing: response.body)) ?? .null)
    }

    /// A customer with a saved card of a token; ids of both.
    func savedCard(_ token: String = "pm_card_visa") -> (customer: String, method: String) {
        let customer = stripe("POST", "/v1/customers", "email=a@example.com").id
        let method = stripe("POST", "/v1/payment_methods/\(token)/attach", "customer=\(customer)").id
        return (customer, method)
    }

    /// An intent that is created and confirmed off session in one call.
    @discardableResult
    func charge(
        _ saved: (customer: String, method: String), amount: Int = 1099, more: String = "",
        idempotencyKey: String? = nil
    ) -> Answer {
        stripe(
            "POST", "/v1/payment_intents",
            "amount=\(amount)&currency=usd&customer=\(saved.customer)&payment_method=\(saved.method)"
                + "&payment_method_types[0]=card&off_session=true&confirm=true" + more,
            idempotencyKey: idempotencyKey)
    }
}
