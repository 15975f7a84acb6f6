extension World {
    private static let confirmOnlyNames = [
        "off_session", "error_on_requires_action", "return_url", "mandate", "mandate_data", "use_stripe_sdk",
    ]
    private static let commonNames: Set<String> = [
        "allowed_payment_method_types", "amount", "amount_details", "application_fee_amount", "capture_method",
        "currency", "customer", "customer_account", "description", "excluded_payment_method_types", "expand", "hooks",
        "metadata", "payment_details", "payment_method", "payment_method_configuration", "payment_method_data",
        "payment_method_options", "payment_method_types", "receipt_email", "setup_future_usage", "shipping",
        "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
    ]
    private static let createNames: Set<String> = commonNames.union(confirmOnlyNames).union([
        "automatic_payment_methods", "confirm", "confirmation_method", "confirmation_token", "on_behalf_of",
        "radar_options",
    ])

    func createPaymentIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        let confirms = try parameters.boolean("confirm") ?? false
        if call.dialect == .stripe { try requireStripeCreation(call, confirms: confirms) }
        let amount = try parameters.requiredInteger("amount")
        let currency = try parameters.requiredString("currency").lowercased()
        try AmountRule.check(amount, currency: currency, dialect: call.dialect)
        let header = header("pi", call)
        let intent = PaymentIntent(
            header, amount: amount, currency: currency, clientSecret: identifiers.secret(of: header.id))
        intent.merchantOrderID = try parameters.optional("merchant_order_id", call)
        intent.merchantUserID = try parameters.optional("merchant_user_id", call)
        intent.quantity = try parameters.integer("quantity")
        if let method = try parameters.choice("confirmation_method", ["automatic", "manual"]) {
            intent.confirmationMethod = method
        }
        try readMethodKinds(parameters, of: intent, call)
        try apply(parameters, to: intent, call)
        // Whatever is wrong with a confirmation by its parameters leaves no intent behind.
        let confirmation = confirms ? try Confirmation(parameters, call) : nil
        if let confirmation { try check(confirmation, of: intent) }
        paymentIntents.insert(intent)
        intent.customer?.paymentIntents.append(intent)
        references.add(intent)
        emit("payment_intent.created", .paymentIntent(intent), call)
        if let confirmation { try carryOut(confirmation, of: intent, call) }
        return try reply(intent, call)
    }

    func retrievePaymentIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(["client_secret", "expand"]) }
        return try reply(try paymentIntent(call.id, call), call)
    }

    func updatePaymentIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe {
            try parameters.requireKnown(Self.commonNames)
            try call.version.checkMethodTypes(parameters)
        }
        let intent = try paymentIntent(call.id, call)
        let alwaysAllowed: Set<String> = ["metadata", "description", "receipt_email", "expand", "transfer_group"]
        let isOpen = [.requiresPaymentMethod, .requiresConfirmation, .requiresAction].contains(intent.status)
        if !isOpen || intent.status == .requiresAction && parameters.has("amount") {
            for member in parameters.members where !alwaysAllowed.contains(member.name) {
                throw unexpectedState(intent, verb: "update")
            }
        }
        if let amount = try parameters.integer("amount") {
            try AmountRule.check(amount, currency: intent.currency, dialect: call.dialect)
            intent.amount = amount
        }
        if let currency = try parameters.string("currency")?.lowercased() {
            try AmountRule.check(intent.amount, currency: currency, dialect: call.dialect)
            intent.currency = currency
        }
        references.remove(intent)
        defer { references.add(intent) }
        try apply(parameters, to: intent, call)
        return try reply(intent, call)
    }

    func listPaymentIntents(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["customer", "customer_account"])
        var records = paymentIntents.records(call.dialect)
        if let id = try call.parameters.string("customer") {
            records = customers[id].map(\.paymentIntents) ?? []
        }
        let page = try page(records, query, kind: "payment_intent", cursor: paymentIntents) {
            $0.livemode == call.livemode && $0.dialect == call.dialect
        }
        return try listReply(page, call) { intent, writer, view in self.write(intent, to: &writer, view) }
    }

    func searchPaymentIntents(_ call: Call) throws(SandboxFailure) -> Reply {
        try search(call, in: paymentIntents.records(call.dialect), narrowed: narrowedIntents) { intent, field in
            switch field {
            case .metadata(let key): intent.metadata[key].map { .text($0) }
            case .named("merchant_order_id"): intent.merchantOrderID.map { .text($0) }
            case .named("amount"): .number(intent.amount)
            case .named("created"): .number(intent.created / 1000)
            case .named("currency"): .text(intent.currency)
            case .named("customer"): intent.customer.map { .text($0.id) }
            case .named("status"): .text(intent.status.rawValue)
            case .named: nil
            }
        } write: { intent, writer, view in
            self.write(intent, to: &writer, view)
        }
    }

    /// The intents that an exact clause leaves, where an index knows; nil where everything must be looked at.
    private func narrowedIntents(_ clause: SearchQuery.Clause) -> [PaymentIntent]? {
        guard clause.comparison == .equals, !clause.isNegated, case .text(let value) = clause.value else { return nil }
        switch clause.field {
        case .metadata(let key) where ReferenceIndex.keys.contains(key):
            return references.intents(metadata: key, value: value)
        case .named("merchant_order_id"): return references.intents(merchantOrderID: value)
        case .named("customer"): return customers[value]?.paymentIntents ?? []
        case .named, .metadata: return nil
        }
    }

    func cancelPaymentIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        var reason: String?
        switch call.dialect {
        case .stripe:
            try call.parameters.requireKnown(["cancellation_reason", "expand"])
            reason = try call.parameters.choice(
                "cancellation_reason", ["duplicate", "fraudulent", "requested_by_customer", "abandoned"])
        case .wooshpay: reason = try call.parameters.requiredString("cancellation_reason")
        }
        let intent = try paymentIntent(call.id, call)
        switch intent.status {
        case .requiresPaymentMethod, .requiresConfirmation, .requiresAction: break
        case .requiresCapture:
            if let charge = intent.latestCharge { release(charge) }
        case .succeeded, .canceled, .processing: throw unexpectedState(intent, verb: "cancel")
        }
        guard intent.checkoutSessionID == nil else {
            throw SandboxFailure(
                400, .invalidRequest, "A PaymentIntent of a Checkout session cannot be canceled. Expire the session.")
        }
        cancel(intent, reason: reason, call)
        return try reply(intent, call)
    }

    func cancel(_ intent: PaymentIntent, reason: String?, _ call: Call?) {
        intent.status = .canceled
        intent.canceledAt = now
        intent.cancellationReason = reason
        intent.amountCapturable = 0
        endAction(&intent.nextAction)
        emit("payment_intent.canceled", .paymentIntent(intent), call)
    }

    // MARK: Pieces

    func paymentIntent(_ id: String, _ call: Call) throws(SandboxFailure) -> PaymentIntent {
        guard let intent = paymentIntents[id], intent.livemode == call.livemode else {
            throw .noSuch("payment_intent", id, parameter: "intent")
        }
        return intent
    }

    func unexpectedState(_ intent: PaymentIntent, verb: String) -> SandboxFailure {
        SandboxFailure(
            400, .invalidRequest, code: "payment_intent_unexpected_state",
            "You cannot \(verb) this PaymentIntent because it has a status of \(intent.status.rawValue)."
        ).with(.paymentIntent(intent.id))
    }

    func reply(_ intent: PaymentIntent, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(intent, to: &$0, view) })
    }

    private func requireStripeCreation(_ call: Call, confirms: Bool) throws(SandboxFailure) {
        let parameters = call.parameters
        try call.version.checkMethodTypes(parameters)
        try parameters.requireKnown(Self.createNames)
        guard !confirms else { return }
        for name in Self.confirmOnlyNames where parameters.has(name) && name != "use_stripe_sdk" {
            throw .invalid(name, "`\(name)` can only be used with `confirm=true`.")
        }
    }

    /// Types, automatic methods, and what excludes what.
    private func readMethodKinds(
        _ parameters: Parameters, of intent: PaymentIntent, _ call: Call
    ) throws(SandboxFailure) {
        let automatic = try parameters.object("automatic_payment_methods")
        if let automatic, parameters.has("payment_method_types") {
            throw .parameter(
                "parameters_exclusive", automatic.prefix,
                "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
        }
        if let types = try parameters.strings("payment_method_types") { intent.paymentMethodTypes = types }
        guard let automatic, try automatic.boolean("enabled") == true else { return }
        let redirects = try automatic.choice("allow_redirects", ["always", "never"])
        intent.automaticPaymentMethods = AutomaticPaymentMethods(
            isEnabled: true, allowsRedirects: redirects != "never")
    }

    /// What creation and update have in common.
    private func apply(_ parameters: Parameters, to intent: PaymentIntent, _ call: Call) throws(SandboxFailure) {
        if let id = try parameters.optional("customer", call) {
            let customer = try livingCustomer(id, call, parameter: "customer", status: 400)
            if intent.customer !== customer, paymentIntents[intent.id] != nil { customer.paymentIntents.append(intent) }
            intent.customer = customer
        }
        try applyMethod(parameters, to: intent, call)
        if let method = try parameters.choice("capture_method", ["automatic", "automatic_async", "manual"]) {
            intent.captureMethod = method
        }
        if case .string("")? = parameters["setup_future_usage"] { intent.setupFutureUsage = nil }
        if let usage = try parameters.optional("setup_future_usage", call) { intent.setupFutureUsage = usage }
        try Self.set(&intent.description, parameters.change("description"))
        try Self.set(&intent.receiptEmail, parameters.change("receipt_email"))
        try Self.set(&intent.transferGroup, parameters.change("transfer_group"))
        try applyDescriptors(parameters, to: intent)
        if let shipping = try parameters.object("shipping") { intent.shipping = .object(shipping.members) }
        try intent.metadata.apply(parameters)
    }

    private func applyDescriptors(_ parameters: Parameters, to intent: PaymentIntent) throws(SandboxFailure) {
        if try parameters.string("statement_descriptor") != nil {
            throw .invalid(
                "statement_descriptor",
                "statement_descriptor does not apply to cards. Use statement_descriptor_suffix instead.")
        }
        guard let suffix = try parameters.string("statement_descriptor_suffix") else { return }
        let isAllowed = suffix.count <= 20 && !suffix.contains { "<>'\"*\\".contains($0) }
        guard isAllowed, suffix.contains(where: \.isLetter) else {
            throw .invalid(
                "statement_descriptor_suffix",
                "The statement descriptor suffix is at most 20 characters long, has a letter and none of < > \\ ' \" *."
            )
        }
        intent.statementDescriptorSuffix = suffix
    }

    /// A new or saved method named in a request; an intent that had an attempt needs a confirmation again.
    func applyMethod(_ parameters: Parameters, to intent: PaymentIntent, _ call: Call) throws(SandboxFailure) {
        if let options = try parameters.object("payment_method_options"), let card = try options.object("card"),
            let request = try card.string("request_three_d_secure")
        {
            intent.requestThreeDSecure = request == "auto" ? "automatic" : request
        }
        if case .string("")? = parameters["payment_method"], call.dialect == .stripe {
            intent.paymentMethod = nil
            if intent.status != .requiresPaymentMethod { intent.status = .requiresPaymentMethod }
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

    /// A saved card can only be used with its own customer.
    func checkOwner(of method: PaymentMethod, _ customer: Customer?) throws(SandboxFailure) {
        guard !method.isDetached else {
            throw SandboxFailure(
                400, .invalidRequest, code: "payment_method_unexpected_state",
                "The PaymentMethod \(method.id) was detached from its customer and may not be used again.",
                parameter: "payment_method")
        }
        guard let owner = method.customer, owner !== customer else { return }
        guard customer != nil else {
            throw SandboxFailure(
                400, .invalidRequest,
                "The payment method you provided is attached to a customer, so you must provide that customer.",
                parameter: "payment_method")
        }
        throw SandboxFailure(
            400, .invalidRequest, code: "resource_missing",
            "The customer does not have a payment method with the ID \(method.id). The payment method must belong "
                + "to the customer.", parameter: "payment_method")
    }
}

extension Parameters {
    /// Text; at WooshPay an empty string is as good as nothing.
    func optional(_ name: String, _ call: Call) throws(SandboxFailure) -> String? {
        if case .set(let value) = try change(name) { return value }
        guard call.dialect == .stripe, has(name), name != "payment_method", name != "setup_future_usage" else {
            return nil
        }
        return try string(name)
    }
}
