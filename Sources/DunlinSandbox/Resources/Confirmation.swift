/// What a confirmation says besides which method to use.
struct Confirmation {
    var isOffSession = false
    var failsOnAction = false
    var returnURL: String?
    var usesBrowserLibrary = false

    init() {}

    init(_ parameters: Parameters, _ call: Call) throws(SandboxFailure) {
        // WooshPay's reference spells it with a hyphen, its guides with an underscore.
        let name = parameters.has("off_session") ? "off_session" : "off-session"
        if let text = parameters[name]?.string, ["one_off", "recurring"].contains(text) {
            isOffSession = true
        } else {
            isOffSession = try parameters.boolean(name) ?? false
        }
        failsOnAction = try parameters.boolean("error_on_requires_action") ?? false
        returnURL = try parameters.optional("return_url", call)
        usesBrowserLibrary = try parameters.boolean("use_stripe_sdk") ?? false
        if let url = returnURL, !url.contains(":") { throw .invalid("return_url", "Not a valid URL") }
    }
}

extension World {
    private static let confirmNames: Set<String> = [
        "allowed_payment_method_types", "amount_details", "amount_to_confirm", "capture_method", "confirmation_token",
        "error_on_requires_action", "excluded_payment_method_types", "expand", "hooks", "mandate", "mandate_data",
        "off_session", "payment_details", "payment_method", "payment_method_data", "payment_method_options",
        "payment_method_types", "radar_options", "receipt_email", "return_url", "setup_future_usage", "shipping",
        "use_stripe_sdk",
    ]

    func confirmPaymentIntent(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe {
            try parameters.requireKnown(Self.confirmNames)
            try call.version.checkMethodTypes(parameters)
        }
        let intent = try paymentIntent(call.id, call)
        guard [.requiresPaymentMethod, .requiresConfirmation, .requiresAction].contains(intent.status) else {
            throw unexpectedState(intent, verb: "confirm")
        }
        let confirmation = try Confirmation(parameters, call)
        try applyMethod(parameters, to: intent, call)
        if let usage = try parameters.optional("setup_future_usage", call) { intent.setupFutureUsage = usage }
        if let method = try parameters.choice("capture_method", ["automatic", "automatic_async", "manual"]) {
            intent.captureMethod = method
        }
        try Self.set(&intent.receiptEmail, parameters.change("receipt_email"))
        try check(confirmation, of: intent)
        try carryOut(confirmation, of: intent, call)
        return try reply(intent, call)
    }

    /// What must be right before anybody is asked for money.
    func check(_ confirmation: Confirmation, of intent: PaymentIntent) throws(SandboxFailure) {
        guard let method = intent.paymentMethod else {
            throw SandboxFailure(
                400, .invalidRequest, code: "payment_intent_unexpected_state",
                "You cannot confirm this PaymentIntent because it's missing a payment method. Update it with one "
                    + "or provide one in this request.", parameter: nil
            ).with(.paymentIntent(intent.id))
        }
        try checkOwner(of: method, intent.customer)
        if let automatic = intent.automaticPaymentMethods, automatic.allowsRedirects, confirmation.returnURL == nil,
            !confirmation.usesBrowserLibrary, intent.dialect == .stripe
        {
            throw SandboxFailure(
                400, .invalidRequest,
                "A `return_url` must be specified because this Payment Intent is configured to automatically accept "
                    + "the payment methods enabled in the Dashboard, some of which may redirect. To forgo them, set "
                    + "automatic_payment_methods[allow_redirects] to never.", parameter: "return_url")
        }
    }

    /// One attempt, up to its end or up to the point where the card holder has to act.
    func carryOut(_ confirmation: Confirmation, of intent: PaymentIntent, _ call: Call) throws(SandboxFailure) {
        guard let method = intent.paymentMethod else { return }
        intent.confirmations += 1
        guard intent.confirmations <= options.confirmationsMax else {
            cancel(intent, reason: "automatic", call)
            return
        }
        endAction(&intent.nextAction)
        if let url = confirmation.returnURL { intent.returnURL = url }
        let asks = needsAuthentication(
            method, isOffSession: confirmation.isOffSession, request: intent.requestThreeDSecure)
        guard asks else {
            try charge(intent, method, isOffSession: confirmation.isOffSession, authentication: nil, call)
            return
        }
        let mayAct = !confirmation.isOffSession || intent.dialect == .wooshpay && !options.quirks.authenticationAs402
        if confirmation.isOffSession, !mayAct {
            throw fail(intent, method, .authenticationRequired, makesCharge: true, call)
        }
        if confirmation.failsOnAction {
            throw fail(intent, method, .authenticationNotHandled, makesCharge: false, call)
        }
        intent.status = .requiresAction
        intent.nextAction = beginAction(
            .payment(intent), returnURL: intent.returnURL, usesBrowserLibrary: confirmation.usesBrowserLibrary)
        emit("payment_intent.requires_action", .paymentIntent(intent), call)
    }

    func needsAuthentication(_ method: PaymentMethod, isOffSession: Bool, request: String) -> Bool {
        switch method.behavior.authentication {
        case .never: false
        case .onRequest: !isOffSession && ["any", "challenge"].contains(request)
        case .always: true
        case .unlessSetUp: !isOffSession || !method.history.isSetUp
        case .onSession: !isOffSession
        }
    }

    /// Asks the issuer for the money.
    ///
    /// - Parameter authentication: how an authentication just before ended; nil where there was none.
    /// - Throws: the decline, with the intent in it.
    func charge(
        _ intent: PaymentIntent, _ method: PaymentMethod, isOffSession: Bool, authentication: String?, _ call: Call?
    ) throws(SandboxFailure) {
        if let wait = method.behavior.processingMilliseconds, intent.status != .processing {
            intent.status = .processing
            schedule.add(.endProcessing(intent, method, isOffSession: isOffSession), due: now + wait)
            emit("payment_intent.processing", .paymentIntent(intent), call)
            return
        }
        if let decline = answer(of: method, isOffSession: isOffSession) {
            throw fail(intent, method, decline, makesCharge: true, call)
        }
        let charge = makeCharge(intent, method, call)
        charge.authenticationResult = authentication
        intent.lastError = nil
        if let usage = intent.setupFutureUsage, let customer = intent.customer {
            if method.customer == nil, !method.isDetached { join(method, customer, call) }
            if usage == "off_session" { method.history.isSetUp = true }
        }
        if intent.captureMethod == "manual" {
            hold(charge, of: intent, call)
        } else {
            collect(charge, amount: charge.amount, of: intent, call)
        }
    }

    /// The issuer answers a charge that took its time; a decline has nobody to be thrown to, and its events tell.
    func endProcessing(_ intent: PaymentIntent, _ method: PaymentMethod, isOffSession: Bool) {
        guard intent.status == .processing else { return }
        try? charge(intent, method, isOffSession: isOffSession, authentication: nil, nil)
    }

    /// What the issuer says; nil is yes.
    private func answer(of method: PaymentMethod, isOffSession: Bool) -> CardDecline? {
        method.history.chargeCount += 1
        if !method.history.script.isEmpty { return method.history.script.removeFirst().map { .named($0) } }
        if Self.isExpired(month: method.expiryMonth, year: method.expiryYear, now: now) {
            return .named("expired_card")
        }
        if method.behavior.isBlocked { return .blocked }
        if method.behavior.isStatistical {
            let draw = Mix.word(options.seed, method.id.utf8, method.history.chargeCount)
            return options.profile.outcome(
                isDebit: method.funding == "debit", isOffSession: isOffSession, trouble: &method.history.trouble,
                day: CivilDate(milliseconds: now), draw: draw)
        }
        guard let code = method.behavior.chargeDecline else { return nil }
        if let limit = method.behavior.declinesMax, method.history.declineCount >= limit { return nil }
        method.history.declineCount += 1
        return .named(code)
    }

    /// Ends an attempt without money.
    ///
    /// - Returns: the failure to throw.
    func fail(
        _ intent: PaymentIntent, _ method: PaymentMethod, _ decline: CardDecline, makesCharge: Bool, _ call: Call?
    ) -> SandboxFailure {
        var charge: Charge?
        if makesCharge {
            let failed = makeCharge(intent, method, call)
            failed.status = "failed"
            failed.decline = decline
            failed.isCaptured = false
            charge = failed
            audit.decline(of: intent, decline: decline)
            emit("charge.failed", .charge(failed), call)
        }
        intent.status = .requiresPaymentMethod
        intent.lastError = IntentError(
            code: decline.code, message: decline.message, decline: decline, chargeID: charge?.id,
            paymentMethod: method)
        if intent.dialect == .stripe { intent.paymentMethod = nil }
        emit("payment_intent.payment_failed", .paymentIntent(intent), call)
        return SandboxFailure.declined(decline, chargeID: charge?.id).with(.paymentIntent(intent.id))
    }

    private func makeCharge(_ intent: PaymentIntent, _ method: PaymentMethod, _ call: Call?) -> Charge {
        let charge = Charge(
            header("ch", intent.dialect, livemode: intent.livemode), paymentIntent: intent, paymentMethod: method,
            amount: intent.amount, currency: intent.currency, customer: intent.customer)
        charge.description = intent.description
        charge.metadata = intent.metadata
        charge.receiptEmail = intent.receiptEmail
        charge.statementDescriptorSuffix = intent.statementDescriptorSuffix
        intent.charges.append(charge)
        charges.insert(charge)
        charge.customer?.charges.append(charge)
        return charge
    }
}
