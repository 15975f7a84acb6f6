/// What a page in a browser may read with a publishable key: one intent, whose client secret it has, and of that only
/// some fields (docs.stripe.com/api/setup_intents/retrieve; WooshPay documents the same).
enum PublishableFields {
    /// The fields marked "retrievable with publishable key" in the references of both gateways.
    private static let names: [String: Set<String>] = [
        "payment_intent": common.union([
            "amount", "automatic_payment_methods", "canceled_at", "capture_method", "confirmation_method", "currency",
            "last_payment_error", "processing", "receipt_email", "setup_future_usage", "shipping",
        ]),
        "setup_intent": common.union(["last_setup_error", "usage"]),
    ]
    private static let common: Set<String> = [
        "cancellation_reason", "client_secret", "created", "description", "id", "livemode", "next_action", "object",
        "payment_method", "payment_method_types", "status",
    ]

    /// The endpoints that a publishable key opens.
    static let routes: Set<String> = ["GET /v1/payment_intents/{id}", "GET /v1/setup_intents/{id}"]

    /// The intent without what is not for browsers.
    static func only(of body: [UInt8]) -> [UInt8] {
        guard case .object(let members)? = try? JSONValue(parsing: body), let kind = members.string("object"),
            let names = names[kind]
        else { return body }
        return JSONValue.object(members.filter { names.contains($0.name) }).bytes
    }
}

extension World {
    /// - Throws: 403 for a call that only a secret key may make, 400 where the client secret is missing or wrong.
    func requireClientSecret(
        _ request: SandboxRequest, route: Route, id: String
    ) throws(SandboxFailure) {
        guard PublishableFields.routes.contains(route.name) else {
            throw SandboxFailure(
                403, .invalidRequest, code: "secret_key_required",
                "This call cannot be made with a publishable key. Use a secret one.")
        }
        // An intent that does not exist is the handler's business.
        let isSetup = route.name.contains("setup_intents")
        guard let secret = isSetup ? setupIntents[id]?.clientSecret : paymentIntents[id]?.clientSecret else { return }
        guard try Parameters(RequestBody.members(of: request)).requiredString("client_secret") == secret else {
            throw .parameter(
                isSetup ? "setup_intent_invalid_parameter" : "payment_intent_invalid_parameter", "client_secret",
                "The client_secret does not belong to this intent.")
        }
    }

    // MARK: Pages of other origins

    /// Whether a script on a page asks, with the key that pages have.
    func isFromPage(_ request: SandboxRequest) -> Bool {
        guard request.headers["origin"] != nil, let key = AccessRule.key(of: request) else { return false }
        return AccessRule.isPublishable(key)
    }

    static let headersForPages = [
        SandboxHeader("Access-Control-Allow-Origin", "*"), SandboxHeader("Access-Control-Expose-Headers", "Request-Id"),
    ]

    /// What a browser asks before it sends a header of its own. The key is not known yet.
    static let preflight: SandboxResponse = {
        var response = SandboxResponse(
            status: 204,
            headers: headersForPages + [
                SandboxHeader("Access-Control-Allow-Methods", "GET"),
                SandboxHeader("Access-Control-Allow-Headers", "authorization, content-type, stripe-version"),
            ])
        response.hadEffect = false
        return response
    }()
}

extension [JSONValue.Member] {
    fileprivate func string(_ name: String) -> String? { last { $0.name == name }?.value.string }
}
