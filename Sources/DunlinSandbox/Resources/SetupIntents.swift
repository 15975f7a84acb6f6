extension World {
    private static let confirmOnlyNames = ["return_url", "mandate_data", "confirmation_token"]
    private static let updateNames: Set<String> = [
        "allowed_payment_method_types", "attach_to_self", "customer", "customer_account", "description",
        "excluded_payment_method_types", "expand", "flow_directions", "metadata", "payment_method",
        "payment_method_configuration", "payment_method_data", "payment_method_options", "payment_method_types",
    ]
    private static let createNames: Set<String> = updateNames.union(confirmOnlyNames).union([
        "automatic_payment_methods", "confirm", "on_behalf_of", "single_use", "usage", "use_stripe_sdk",
    ])
    private static let confirmNames: Set<String> = [
        "allowed_payment_method_types", "confirmation_token", "expand", "mandate_data", "payment_method",
        "payment_method_data", "payment_method_options", "return_url", "use_stripe_sdk",
    ]

    func createSetupIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        let confirms = try parameters.boolean("confirm") ?? false
        if call.dialect == .stripe {
            try parameters.requireKnown(Self.createNames)
            try call.version.checkMethodTypes(parameters)
            for name in Self.confirmOnlyNames where !confirms && parameters.has(name) {
                throw .invalid(name, "`\(name)` can only be used with `confirm=true`.")
            }
        }
        let intent = try makeSetupIntent(call)
        let confirmation = confirms ? try Confirmation(parameters, call) : nil
        if let confirmation { try check(confirmation, of: intent) }
        insert(intent, call)
        if let confirmation { try carryOut(confirmation, of: intent, call) }
        return try reply(intent, call)
    }

    /// A SetupIntent by the parameters of a creation, not yet listed anywhere.
    func makeSetupIntent(_ call: Call) throws(SandboxFailure) -> SetupIntent {
        let parameters = call.parameters
        let header = header("seti", call)
        let intent = SetupIntent(header, clientSecret: identifiers.secret(of: header.id))
        if let usage = try parameters.choice("usage", ["off_session", "on_session"]) { intent.usage = usage }
        if let types = try parameters.strings("payment_method_types") { intent.paymentMethodTypes = types }
        if let automatic = try parameters.object("automatic_payment_methods"),
            try automatic.boolean("enabled") == true
        {
            guard !parameters.has("payment_method_types") else {
                throw .parameter(
                    "parameters_exclusive", automatic.prefix,
                    "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
            }
            let redirects = try automatic.choice("allow_redirects", ["always", "never"])
            intent.automaticPaymentMethods = AutomaticPaymentMethods(
                isEnabled: true, allowsRedirects: redirects != "never")
        }
        try apply(parameters, to: intent, call)
        return intent
    }

    func insert(_ intent: SetupIntent, _ call: Call) {
        setupIntents.insert(intent)
        intent.customer?.setupIntents.append(intent)
        emit("setup_intent.created", .setupIntent(intent), call)
    }

    func retrieveSetupIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(["client_secret", "expand"]) }
        return try reply(try setupIntent(call.id, call), call)
    }

    func updateSetupIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe {
            try call.parameters.requireKnown(Self.updateNames)
            try call.version.checkMethodTypes(call.parameters)
        }
        let intent = try setupIntent(call.id, call)
        try requireOpen(intent, verb: "update")
        try apply(call.parameters, to: intent, call)
        return try reply(intent, call)
    }

    func confirmSetupIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe { try parameters.requireKnown(Self.confirmNames) }
        let intent = try setupIntent(call.id, call)
        try requireOpen(intent, verb: "confirm")
        if call.dialect == .wooshpay { _ = try parameters.requiredString("return_url") }
        let confirmation = try Confirmation(parameters, call)
        try apply(parameters, to: intent, call)
        try check(confirmation, of: intent)
        try carryOut(confirmation, of: intent, call)
        return try reply(intent, call)
    }

    func cancelSetupIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(["cancellation_reason", "expand"]) }
        let reason = try call.parameters.choice(
            "cancellation_reason", ["abandoned", "requested_by_customer", "duplicate"])
        let intent = try setupIntent(call.id, call)
        try requireOpen(intent, verb: "cancel")
        cancel(intent, reason: reason, call)
        return try reply(intent, call)
    }

    func cancel(_ intent: SetupIntent, reason: String?, _ call: Call?) {
        intent.status = .canceled
        intent.cancellationReason = reason
        endAction(&intent.nextAction)
        emit("setup_intent.canceled", .setupIntent(intent), call)
    }

    func listSetupIntents(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["customer", "customer_account", "payment_method", "attach_to_self"])
        var records = setupIntents.records(call.dialect)
        if let id = try call.parameters.string("customer") { records = customers[id]?.setupIntents ?? [] }
        let method = try call.parameters.string("payment_method")
        let attaches = try call.parameters.boolean("attach_to_self")
        let page = try page(records, query, kind: "setup_intent", cursor: setupIntents) { intent in
            intent.livemode == call.livemode && intent.dialect == call.dialect
                && (method == nil || intent.paymentMethod?.id == method)
                && (attaches == nil || intent.attachesToSelf == attaches)
        }
        return try listReply(page, call) { intent, writer, view in self.write(intent, to: &writer, view) }
    }

    func listSetupAttempts(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["setup_intent"])
        let intent = try setupIntent(try call.parameters.requiredString("setup_intent"), call)
        let page = try page(intent.attempts, query, kind: "setup_attempt", cursor: setupAttempts)
        return try listReply(page, call) { attempt, writer, view in self.write(attempt, to: &writer, view) }
    }

    // MARK: Pieces

    func setupIntent(_ id: String, _ call: Call) throws(SandboxFailure) -> SetupIntent {
        guard let intent = setupIntents[id], intent.livemode == call.livemode else {
            throw .noSuch("setup_intent", id, parameter: "intent")
        }
        return intent
    }

    private func requireOpen(_ intent: SetupIntent, verb: String) throws(SandboxFailure) {
        guard [.requiresPaymentMethod, .requiresConfirmation, .requiresAction].contains(intent.status) else {
            throw SandboxFailure(
                400, .invalidRequest, code: "setup_intent_unexpected_state",
                "You cannot \(verb) this SetupIntent because it has a status of \(intent.status.rawValue)."
            ).with(.setupIntent(intent.id))
        }
    }

    private func apply(_ parameters: Parameters, to intent: SetupIntent, _ call: Call) throws(SandboxFailure) {
        if let id = try parameters.optional("customer", call) {
            let customer = try livingCustomer(id, call, parameter: "customer", status: 400)
            if intent.customer !== customer, setupIntents[intent.id] != nil { customer.setupIntents.append(intent) }
            intent.customer = customer
        }
        try Self.set(&intent.description, parameters.change("description"))
        if let attaches = try parameters.boolean("attach_to_self") { intent.attachesToSelf = attaches }
        if let directions = try parameters.strings("flow_directions") { intent.flowDirections = directions }
        if setupIntents[intent.id] != nil, let types = try parameters.strings("payment_method_types") {
            intent.paymentMethodTypes = types
        }
        if let options = try parameters.object("payment_method_options"), let card = try options.object("card"),
            let request = try card.string("request_three_d_secure")
        {
            intent.requestThreeDSecure = request == "auto" ? "automatic" : request
        }
        try applyMethod(parameters, to: intent, call)
        try intent.metadata.apply(parameters)
    }

    private func applyMethod(_ parameters: Parameters, to intent: SetupIntent, _ call: Call) throws(SandboxFailure) {
        if case .string("")? = parameters["payment_method"], call.dialect == .stripe {
            intent.paymentMethod = nil
            intent.status = .requiresPaymentMethod
        }
        let method: PaymentMethod
        if let id = try parameters.optional("payment_method", call) {
            method = try usableMethod(id, call, parameter: "payment_method")
        } else if let data = try parameters.object("payment_method_data") {
            method = try makeMethod(data, call)
        } else {
            return
        }
        try checkOwner(of: method, intent.customer)
        intent.paymentMethod = method
        endAction(&intent.nextAction)
        intent.status = .requiresConfirmation
    }

    private func check(_ confirmation: Confirmation, of intent: SetupIntent) throws(SandboxFailure) {
        guard let method = intent.paymentMethod else {
            throw SandboxFailure(
                400, .invalidRequest, code: "setup_intent_unexpected_state",
                "You cannot confirm this SetupIntent because it's missing a payment method. Update it with one or "
                    + "provide one in this request."
            ).with(.setupIntent(intent.id))
        }
        try checkOwner(of: method, intent.customer)
        if let automatic = intent.automaticPaymentMethods, automatic.allowsRedirects, confirmation.returnURL == nil,
            !confirmation.usesBrowserLibrary
        {
            throw .invalid(
                "return_url",
                "A `return_url` must be specified because this SetupIntent accepts payment methods that may redirect.")
        }
    }

    /// One attempt to save the card, up to its end or up to the point where the card holder has to act.
    func carryOut(_ confirmation: Confirmation, of intent: SetupIntent, _ call: Call?) throws(SandboxFailure) {
        guard let method = intent.paymentMethod else { return }
        intent.confirmations += 1
        guard intent.confirmations <= options.confirmationsMax else {
            cancel(intent, reason: nil, call)
            return
        }
        endAction(&intent.nextAction)
        if let url = confirmation.returnURL { intent.returnURL = url }
        let attempt = SetupAttempt(
            header("setatt", intent.dialect, livemode: intent.livemode), setupIntent: intent, paymentMethod: method)
        intent.attempts.append(attempt)
        setupAttempts.insert(attempt)
        if needsAuthentication(method, isOffSession: false, request: intent.requestThreeDSecure) {
            attempt.status = "requires_action"
            intent.status = .requiresAction
            intent.nextAction = beginAction(
                .setup(intent), returnURL: intent.returnURL, usesBrowserLibrary: confirmation.usesBrowserLibrary)
            emit("setup_intent.requires_action", .setupIntent(intent), call)
            return
        }
        try save(intent, method, call)
    }

    /// The issuer's word on saving the card.
    func save(_ intent: SetupIntent, _ method: PaymentMethod, _ call: Call?) throws(SandboxFailure) {
        if let decline = method.behavior.attachDecline {
            throw fail(intent, method, kind: .card, decline: .named(decline), call)
        }
        intent.attempts.last?.status = "succeeded"
        intent.status = .succeeded
        intent.lastError = nil
        if let customer = intent.customer { join(method, customer, call) }
        if intent.usage == "off_session" || intent.dialect == .wooshpay { method.history.isSetUp = true }
        emit("setup_intent.succeeded", .setupIntent(intent), call)
    }

    /// Ends an attempt without a saved card.
    ///
    /// - Returns: the failure to throw.
    func fail(
        _ intent: SetupIntent, _ method: PaymentMethod, kind: SandboxFailure.Kind, decline: CardDecline, _ call: Call?
    ) -> SandboxFailure {
        let isDecline = kind == .card
        let error = IntentError(
            kind: kind, code: decline.code, message: decline.message, decline: isDecline ? decline : nil,
            chargeID: nil, paymentMethod: method)
        intent.attempts.last?.status = "failed"
        intent.attempts.last?.error = error
        intent.status = .requiresPaymentMethod
        intent.lastError = error
        intent.paymentMethod = nil
        emit("setup_intent.setup_failed", .setupIntent(intent), call)
        return SandboxFailure.declined(decline).with(.setupIntent(intent.id))
    }

    func reply(_ intent: SetupIntent, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(intent, to: &$0, view) })
    }
}
