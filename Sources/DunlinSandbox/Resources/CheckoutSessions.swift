extension World {
    /// Both gateways' sessions live a day.
    private static let sessionMilliseconds: Int64 = 86_400_000
    static let checkoutPath = "/_sandbox/checkout/"

    /// Stripe's session; the sandbox has the mode that saves a card.
    func createSession(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        let mode = try parameters.requiredString("mode")
        guard mode == "setup" else { throw .invalid("mode", "The sandbox's Checkout has only the mode setup.") }
        let setup = try parameters.object("setup_intent_data")
        return try open(call, intentParameters: setup?.members ?? [])
    }

    /// WooshPay's `POST /v1/checkout/sessions/setup`.
    func createSetupSession(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        _ = try parameters.requiredString("success_url")
        _ = try parameters.requiredString("cancel_url")
        guard let types = try parameters.strings("payment_method_types") else { throw .missing("payment_method_types") }
        guard types == ["card"] else {
            throw .invalid("payment_method_types", "payment_method_types must be [\"card\"]")
        }
        return try open(call, intentParameters: parameters.members.filter { $0.name == "metadata" })
    }

    private func open(_ call: Call, intentParameters: [JSONValue.Member]) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        let customer: Customer
        if let id = try parameters.optional("customer", call) {
            customer = try livingCustomer(id, call, parameter: "customer", status: 400)
        } else {
            customer = Customer(header("cus", call), invoicePrefix: identifiers.token(8).uppercased())
            customers.insert(customer)
            emit("customer.created", .customer(customer), call)
        }
        let inner = Call(
            dialect: call.dialect, livemode: call.livemode,
            parameters: Parameters(intentParameters + [JSONValue.Member("customer", .string(customer.id))]), ids: [],
            requestID: call.requestID, idempotencyKey: call.idempotencyKey, quirks: call.quirks, path: call.path,
            version: .pinned)
        let intent = try makeSetupIntent(inner)
        let session = CheckoutSession(
            header("cs", call), setupIntent: intent, successURL: try parameters.string("success_url"),
            cancelURL: try parameters.string("cancel_url"), expiresAt: now + Self.sessionMilliseconds)
        try session.metadata.apply(parameters)
        session.clientReferenceID = try parameters.string("client_reference_id")
        session.currency = try parameters.string("currency")
        intent.checkoutSessionID = session.id
        insert(intent, call)
        checkoutSessions.insert(session)
        schedule.add(.expireSession(session), due: session.expiresAt)
        return try reply(session, call)
    }

    func retrieveSession(_ call: Call) throws(SandboxFailure) -> Reply { try reply(try session(call), call) }

    func listSessions(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["customer", "customer_details", "payment_intent", "status"])
        let customer = try call.parameters.string("customer")
        let page = try page(
            checkoutSessions.records(call.dialect), query, kind: "checkout.session",
            cursor: checkoutSessions
        ) { session in
            session.livemode == call.livemode && (customer == nil || session.setupIntent.customer?.id == customer)
        }
        return try listReply(page, call) { session, writer, view in self.write(session, to: &writer, view) }
    }

    func expireSession(_ call: Call) throws(SandboxFailure) -> Reply {
        let session = try session(call)
        guard session.status == "open" else {
            throw SandboxFailure(
                400, .invalidRequest, "Only open Checkout sessions can be expired; this one is \(session.status).")
        }
        expireSession(session, cause: call)
        return try reply(session, call)
    }

    func expireSession(_ session: CheckoutSession, cause: Call?) {
        guard session.status == "open" else { return }
        session.status = "expired"
        if ![.succeeded, .canceled].contains(session.setupIntent.status) {
            cancel(session.setupIntent, reason: "abandoned", cause)
        }
        emit("checkout.session.expired", .checkoutSession(session), cause)
    }

    func complete(_ session: CheckoutSession) {
        guard session.status == "open" else { return }
        session.status = "complete"
        emit("checkout.session.completed", .checkoutSession(session), nil)
    }

    /// What a card typed into the hosted page leads to.
    ///
    /// - Parameter card: the form's fields `number`, `exp_month`, `exp_year`, `cvc`.
    /// - Returns: where the browser goes next.
    /// - Throws: what the page has to show: the card was refused.
    func submit(_ card: [JSONValue.Member], to session: CheckoutSession) throws(SandboxFailure) -> String {
        guard session.status == "open" else {
            throw SandboxFailure(400, .invalidRequest, "This session is \(session.status).")
        }
        let call = Call(
            dialect: session.dialect, livemode: session.livemode, parameters: Parameters([]), ids: [], requestID: "",
            idempotencyKey: nil, quirks: options.quirks, path: "", version: .pinned)
        let data = Parameters([
            JSONValue.Member("type", .string("card")), JSONValue.Member("card", .object(card)),
        ])
        let intent = session.setupIntent
        intent.paymentMethod = try makeMethod(data, call)
        var confirmation = Confirmation()
        confirmation.returnURL = successTarget(session)
        try carryOut(confirmation, of: intent, nil)
        if let action = intent.nextAction { return url(of: action) }
        complete(session)
        return successTarget(session)
    }

    /// The page after success, with the session's id where the address asks for it.
    private func successTarget(_ session: CheckoutSession) -> String {
        (session.successURL ?? baseURL + "/_sandbox/done")
            .replacing("{CHECKOUT_SESSION_ID}", with: session.id)
    }

    private func session(_ call: Call) throws(SandboxFailure) -> CheckoutSession {
        guard let session = checkoutSessions[call.id], session.livemode == call.livemode else {
            throw .noSuch("checkout.session", call.id, parameter: "session")
        }
        return session
    }

    private func reply(_ session: CheckoutSession, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(session, to: &$0, view) })
    }
}
