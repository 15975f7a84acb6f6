/// Which handler answers which method and path.
struct Route: Sendable {
    /// As counted in the audit: `POST /v1/payment_intents/{id}/confirm`.
    let name: String
    let run: @Sendable (World) -> (Call) throws(SandboxFailure) -> Reply

    private init(_ name: String, _ run: @escaping @Sendable (World) -> (Call) throws(SandboxFailure) -> Reply) {
        self.name = name
        self.run = run
    }

    /// The route of a request and the ids in its path.
    static func find(method: String, path: String) -> (route: Route, ids: [String])? {
        // Literal names win over ids, so `search` is never taken for one.
        if let route = table[method + " " + path] { return (route, []) }
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        guard segments.count >= 2, segments.count <= 6, segments[0] == "v1" else { return nil }
        if let route = table[key(method, segments, idPlaces: [])] { return (route, []) }
        if segments[1] == "checkout", segments.count >= 4, let route = table[key(method, segments, idPlaces: [3])] {
            return (route, [String(segments[3])])
        }
        if segments.count >= 3, let route = table[key(method, segments, idPlaces: [2])] {
            return (route, [String(segments[2])])
        }
        if segments.count >= 5, let route = table[key(method, segments, idPlaces: [2, 4])] {
            return (route, [String(segments[2]), String(segments[4])])
        }
        return nil
    }

    private static func key(_ method: String, _ segments: [Substring], idPlaces: [Int]) -> String {
        var key = method + " "
        for (place, segment) in segments.enumerated() { key += idPlaces.contains(place) ? "/{id}" : "/" + segment }
        return key
    }

    /// All endpoints, in alphabetical order.
    static let names: [String] = table.keys.sorted()

    private static let table: [String: Route] = {
        let all = customers + paymentMethods + paymentIntents + setupIntents + money + hooks
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    }()

    private static let customers = [
        Route("POST /v1/customers", World.createCustomer),
        Route("GET /v1/customers", World.listCustomers),
        Route("GET /v1/customers/search", World.searchCustomers),
        Route("GET /v1/customers/{id}", World.retrieveCustomer),
        Route("POST /v1/customers/{id}", World.updateCustomer),
        Route("DELETE /v1/customers/{id}", World.deleteCustomer),
        Route("GET /v1/customers/{id}/payment_methods", World.listCustomerPaymentMethods),
        Route("GET /v1/customers/{id}/payment_methods/{id}", World.retrieveCustomerPaymentMethod),
    ]

    private static let paymentMethods = [
        Route("POST /v1/payment_methods", World.createPaymentMethod),
        Route("GET /v1/payment_methods", World.listPaymentMethods),
        Route("GET /v1/payment_methods/{id}", World.retrievePaymentMethod),
        Route("POST /v1/payment_methods/{id}", World.updatePaymentMethod),
        Route("POST /v1/payment_methods/{id}/attach", World.attachPaymentMethod),
        Route("POST /v1/payment_methods/{id}/detach", World.detachPaymentMethod),
    ]

    private static let paymentIntents = [
        Route("POST /v1/payment_intents", World.createPaymentIntent),
        Route("GET /v1/payment_intents", World.listPaymentIntents),
        Route("GET /v1/payment_intents/search", World.searchPaymentIntents),
        Route("GET /v1/payment_intents/{id}", World.retrievePaymentIntent),
        Route("POST /v1/payment_intents/{id}", World.updatePaymentIntent),
        Route("POST /v1/payment_intents/{id}/confirm", World.confirmPaymentIntent),
        Route("POST /v1/payment_intents/{id}/capture", World.capturePaymentIntent),
        Route("POST /v1/payment_intents/{id}/cancel", World.cancelPaymentIntent),
    ]

    private static let setupIntents = [
        Route("POST /v1/setup_intents", World.createSetupIntent),
        Route("GET /v1/setup_intents", World.listSetupIntents),
        Route("GET /v1/setup_intents/{id}", World.retrieveSetupIntent),
        Route("POST /v1/setup_intents/{id}", World.updateSetupIntent),
        Route("POST /v1/setup_intents/{id}/confirm", World.confirmSetupIntent),
        Route("POST /v1/setup_intents/{id}/cancel", World.cancelSetupIntent),
        Route("GET /v1/setup_attempts", World.listSetupAttempts),
        Route("GET /v1/setup_attempts/list", World.listSetupAttempts),
        Route("POST /v1/checkout/sessions", World.createSession),
        Route("POST /v1/checkout/sessions/setup", World.createSetupSession),
        Route("GET /v1/checkout/sessions", World.listSessions),
        Route("GET /v1/checkout/sessions/{id}", World.retrieveSession),
        Route("POST /v1/checkout/sessions/{id}/expire", World.expireSession),
    ]

    private static let money = [
        Route("GET /v1/charges", World.listCharges),
        Route("GET /v1/charges/search", World.searchCharges),
        Route("GET /v1/charges/{id}", World.retrieveCharge),
        Route("POST /v1/charges/{id}", World.updateCharge),
        Route("POST /v1/refunds", World.createRefund),
        Route("GET /v1/refunds", World.listRefunds),
        Route("GET /v1/refunds/{id}", World.retrieveRefund),
        Route("POST /v1/refunds/{id}", World.updateRefund),
        Route("POST /v1/refunds/{id}/cancel", World.cancelRefund),
        Route("GET /v1/disputes", World.listDisputes),
        Route("GET /v1/disputes/{id}", World.retrieveDispute),
        Route("POST /v1/disputes/{id}", World.updateDispute),
        Route("POST /v1/disputes/{id}/close", World.closeDispute),
        Route("GET /v1/balance", World.retrieveBalance),
        Route("GET /v1/balance_transactions", World.listBalanceTransactions),
        Route("GET /v1/balance_transactions/{id}", World.retrieveBalanceTransaction),
        Route("POST /v1/payouts", World.createPayout),
        Route("GET /v1/payouts", World.listPayouts),
        Route("GET /v1/payouts/{id}", World.retrievePayout),
        Route("GET /v1/account", World.retrieveAccount),
    ]

    private static let hooks = [
        Route("GET /v1/events", World.listEvents),
        Route("GET /v1/events/{id}", World.retrieveEvent),
        Route("POST /v1/webhook_endpoints", World.createWebhookEndpoint),
        Route("GET /v1/webhook_endpoints", World.listWebhookEndpoints),
        Route("GET /v1/webhook_endpoints/{id}", World.retrieveWebhookEndpoint),
        Route("POST /v1/webhook_endpoints/{id}", World.updateWebhookEndpoint),
        Route("DELETE /v1/webhook_endpoints/{id}", World.deleteWebhookEndpoint),
    ]
}
