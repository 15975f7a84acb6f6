extension World {
    private static let updateNames: Set<String> = ["allow_redisplay", "billing_details", "card", "expand", "metadata"]

    func createPaymentMethod(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe {
            try parameters.requireKnown([
                "allow_redisplay", "billing_details", "card", "customer", "expand", "metadata", "payment_method",
                "radar_options", "type",
            ])
        }
        return try reply(try makeMethod(parameters, call), call)
    }

    func retrievePaymentMethod(_ call: Call) throws(SandboxFailure) -> Reply {
        try reply(try method(call.id, call, parameter: "payment_method"), call)
    }

    func retrieveCustomerPaymentMethod(_ call: Call) throws(SandboxFailure) -> Reply {
        let customer = try customer(call.id, call, parameter: "customer")
        let id = call.ids[1]
        guard let method = paymentMethods[id], method.customer === customer else {
            throw .noSuch("PaymentMethod", id, parameter: "payment_method")
        }
        return try reply(method, call)
    }

    func updatePaymentMethod(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe { try parameters.requireKnown(Self.updateNames) }
        let method = try method(call.id, call, parameter: "payment_method")
        guard method.customer != nil else {
            throw SandboxFailure(
                400, .invalidRequest, code: "payment_method_unexpected_state",
                "You must save this PaymentMethod to a customer before you can update it.")
        }
        if let card = try parameters.object("card") {
            if let month = try card.integer("exp_month", in: 1...12) { method.expiryMonth = month }
            if let year = try card.integer("exp_year", in: 0...2099) { method.expiryYear = Self.fullYear(year) }
        }
        try applyDetails(parameters, to: method)
        emit("payment_method.updated", .paymentMethod(method), call)
        return try reply(method, call)
    }

    func attachPaymentMethod(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(["customer", "customer_account", "expand"]) }
        let id = try call.parameters.requiredString("customer")
        let method = try usableMethod(call.id, call, parameter: "payment_method", status: 404)
        let customer = try livingCustomer(id, call, parameter: "customer", status: 400)
        try attach(method, to: customer, call)
        return try reply(method, call)
    }

    func detachPaymentMethod(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(["expand"]) }
        let method = try method(call.id, call, parameter: "payment_method")
        guard let customer = method.customer else {
            throw SandboxFailure(
                400, .invalidRequest,
                "The payment method you provided is not attached to a customer so detachment is impossible.")
        }
        customer.paymentMethods.removeAll { $0 === method }
        if customer.defaultPaymentMethodID == method.id { customer.defaultPaymentMethodID = nil }
        method.customer = nil
        method.isDetached = true
        emit("payment_method.detached", .paymentMethod(method), call)
        return try reply(method, call)
    }

    func listPaymentMethods(_ call: Call) throws(SandboxFailure) -> Reply {
        guard let id = try call.parameters.string("customer") else {
            return try listMethods([], call, also: ["customer", "type", "allow_redisplay", "customer_account"])
        }
        let customer = try customer(id, call, parameter: "customer", status: 400)
        return try listMethods(
            customer.paymentMethods, call, also: ["customer", "type", "allow_redisplay", "customer_account"])
    }

    func listCustomerPaymentMethods(_ call: Call) throws(SandboxFailure) -> Reply {
        let customer = try livingCustomer(call.id, call, parameter: "customer")
        return try listMethods(customer.paymentMethods, call, also: ["type", "allow_redisplay"])
    }

    private func listMethods(
        _ methods: [PaymentMethod], _ call: Call, also names: Set<String>
    ) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: names)
        let type = try call.parameters.string("type") ?? "card"
        // Attached in any order, listed by age.
        let sorted = methods.sorted { $0.serial < $1.serial }
        let page = try page(sorted, query, kind: "PaymentMethod", cursor: paymentMethods) { _ in
            type == "card"
        }
        return try listReply(page, call) { method, writer, view in self.write(method, to: &writer, view) }
    }

    // MARK: Making

    /// A new payment method from `type` and `card` (number or token) in a request or in its `payment_method_data`.
    func makeMethod(_ parameters: Parameters, _ call: Call) throws(SandboxFailure) -> PaymentMethod {
        let type = try parameters.requiredString("type")
        guard type == "card" else {
            throw .parameter(
                "payment_method_unsupported_type", parameters.path("type"), "The sandbox knows only cards, not \(type)."
            )
        }
        guard let card = try parameters.object("card") else { throw .missing(parameters.path("card")) }
        let method: PaymentMethod
        if let token = try card.string("token") {
            guard let known = TestCard.token(token.replacingPrefix("tok_", with: "pm_card_")) else {
                throw .noSuch("token", token, parameter: card.path("token"), status: 400)
            }
            method = make(known, call, expiry: nil)
        } else {
            method = try makeMethod(fromNumberIn: card, call)
        }
        try applyDetails(parameters, to: method)
        return method
    }

    private func makeMethod(fromNumberIn card: Parameters, _ call: Call) throws(SandboxFailure) -> PaymentMethod {
        let number = CardNumber(try card.requiredString("number"))
        let month = try card.requiredInteger("exp_month")
        let fullYear = Self.fullYear(try card.requiredInteger("exp_year"))
        let isCodeSent = try card.string("cvc") != nil
        guard number.isValid else { throw .declined(.named("incorrect_number")) }
        guard (1...12).contains(month) else { throw Self.invalidExpiry("invalid_expiry_month", "exp_month", "month") }
        guard (1970..<2100).contains(fullYear), !Self.isExpired(month: month, year: fullYear, now: now) else {
            throw Self.invalidExpiry("invalid_expiry_year", "exp_year", "year")
        }
        guard let known = TestCard.number(number.digits) else { throw .declined(.named("testmode_decline")) }
        let method = make(known, call, expiry: (month, fullYear))
        method.hasVerificationCode = isCodeSent
        return method
    }

    /// Two digits are a year of this century.
    private static func fullYear(_ year: Int64) -> Int64 { (0..<100).contains(year) ? 2000 + year : year }

    private static func invalidExpiry(_ code: String, _ parameter: String, _ part: String) -> SandboxFailure {
        SandboxFailure(
            402, .card, code: code, "Your card's expiration \(part) is invalid.", parameter: parameter)
    }

    /// A fresh payment method of a test card.
    func make(_ card: TestCard, _ call: Call, expiry: (month: Int64, year: Int64)?) -> PaymentMethod {
        let header = header("pm", call)
        let today = CivilDate(milliseconds: now)
        let source = card.behavior.isStatistical ? header.id : card.number + (card.tokens.first ?? "")
        let draw = Mix.word(options.seed, source.utf8)
        // A card lives two to four years.
        let drawn = (month: Int64(draw % 12) + 1, year: today.year + 2 + Int64(draw >> 32) % 2)
        let (month, year) = expiry ?? (card.behavior.isStatistical ? drawn : (12, max(2034, today.year + 3)))
        let number = CardNumber(card.number.isEmpty ? "4000000000000000" : card.number)
        let digits = card.behavior.isStatistical ? String(draw % 9000 + 1000) : number.lastFour
        let method = PaymentMethod(
            header, behavior: card.behavior, brand: number.brand, lastFour: digits,
            fingerprint: Self.fingerprint(options.seed, source), funding: card.funding, expiryMonth: month,
            expiryYear: year)
        paymentMethods.insert(method)
        if card.behavior.isStatistical {
            schedule.add(.expireCard(method), due: CivilDate.startOfMonth(year: year, month: month + 1))
        }
        return method
    }

    private static func fingerprint(_ seed: UInt64, _ source: String) -> String {
        var word = Mix.word(seed, ("fingerprint" + source).utf8)
        var text: [UInt8] = []
        for _ in 0..<10 {
            text.append(letters[Int(word % 62)])
            word /= 62
        }
        for place in 0..<6 { text.append(letters[Int(Mix.word(seed, source.utf8, UInt64(place)) % 62)]) }
        return String(decoding: text, as: UTF8.self)
    }

    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func isExpired(month: Int64, year: Int64, now: Int64) -> Bool {
        now >= CivilDate.startOfMonth(year: year, month: month + 1)
    }

    private func applyDetails(_ parameters: Parameters, to method: PaymentMethod) throws(SandboxFailure) {
        if let details = try parameters.object("billing_details") {
            if let address = try details.object("address") { method.billingDetails.address = .object(address.members) }
            try Self.set(&method.billingDetails.email, details.change("email"))
            try Self.set(&method.billingDetails.name, details.change("name"))
            try Self.set(&method.billingDetails.phone, details.change("phone"))
        }
        if let redisplay = try parameters.choice("allow_redisplay", ["always", "limited", "unspecified"]) {
            method.allowRedisplay = redisplay
        }
        try method.metadata.apply(parameters)
    }

    // MARK: Finding and attaching

    /// A payment method of the caller's mode.
    func method(_ id: String, _ call: Call, parameter: String, status: Int = 404) throws(SandboxFailure)
        -> PaymentMethod
    {
        guard let method = paymentMethods[id], method.livemode == call.livemode else {
            throw .noSuch("PaymentMethod", id, parameter: parameter, status: status)
        }
        return method
    }

    /// A saved payment method, or a fresh one for a token: every use of a token makes its own.
    func usableMethod(
        _ id: String, _ call: Call, parameter: String, status: Int = 400
    ) throws(SandboxFailure) -> PaymentMethod {
        if paymentMethods[id] == nil, !call.livemode, let card = TestCard.token(id) {
            return make(card, call, expiry: nil)
        }
        return try method(id, call, parameter: parameter, status: status)
    }

    /// Attaches a method to a customer; the card is checked with its issuer on the way.
    func attach(_ method: PaymentMethod, to customer: Customer, _ call: Call) throws(SandboxFailure) {
        if method.customer === customer { return }
        guard method.customer == nil else {
            throw SandboxFailure(
                400, .invalidRequest,
                "The payment method you provided has already been attached to a customer.")
        }
        guard !method.isDetached else {
            throw SandboxFailure(
                400, .invalidRequest,
                "This PaymentMethod was detached from a customer, and may not be used again.")
        }
        if let decline = method.behavior.attachDecline {
            throw SandboxFailure.declined(.named(decline)).with(.paymentMethod(method.id))
        }
        join(method, customer, call)
    }

    /// Attaches without asking anybody.
    func join(_ method: PaymentMethod, _ customer: Customer, _ call: Call?) {
        guard method.customer == nil else { return }
        method.customer = customer
        customer.paymentMethods.append(method)
        emit("payment_method.attached", .paymentMethod(method), call)
    }

    private func reply(_ method: PaymentMethod, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(method, to: &$0, view) })
    }

    /// The end of a statistical card's life: the network renews it, or charges fail from now on.
    func expireCard(_ method: PaymentMethod) {
        guard method.customer != nil, Self.isExpired(month: method.expiryMonth, year: method.expiryYear, now: now)
        else { return }
        let draw = Mix.word(options.seed, ("expiry" + method.id).utf8, UInt64(method.expiryYear))
        guard draw % 1_000_000 < options.profile.updater else { return }
        let old = (month: method.expiryMonth, year: method.expiryYear)
        method.expiryYear += 3
        schedule.add(
            .expireCard(method), due: CivilDate.startOfMonth(year: method.expiryYear, month: method.expiryMonth + 1))
        var previous = JSONWriter()
        previous.object { writer in
            writer.object("card") { writer in
                writer.field("exp_month", old.month)
                writer.field("exp_year", old.year)
            }
        }
        emit("payment_method.automatically_updated", .paymentMethod(method), nil, previous: previous.bytes)
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
