/// What is under `/_sandbox/`: no key needed, and no part of any gateway.
extension World {
    func admin(_ request: SandboxRequest) -> SandboxResponse {
        let path = request.path.dropFirst("/_sandbox/".count)
        let segments = path.split(separator: "/").map(String.init)
        var request = request
        // What looks like JSON is taken for it, so that `curl -d '{…}'` needs no header.
        if request.body.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            request.headers["content-type"] = "application/json"
        }
        do throws(SandboxFailure) {
            return try admin(request, segments, Parameters(try RequestBody.members(of: request)))
        } catch {
            return adminAnswer(
                .object([.init("error", .string(error.message))]), status: error.status)
        }
    }

    private func admin(
        _ request: SandboxRequest, _ segments: [String], _ parameters: Parameters
    ) throws(SandboxFailure) -> SandboxResponse {
        switch (request.method, segments.first ?? "", segments.count) {
        case ("GET", "health", 1): return adminAnswer(.object([.init("ok", .boolean(true))]))
        case ("GET", "audit", 1): return adminAnswer(audit.audit.json)
        case ("GET", "state", 1): return adminAnswer(stateJSON())
        case ("POST", "reset", 1), ("GET", "clock", 1): return adminAnswer(clockJSON())
        case ("POST", "clock", 1): return try moveClock(parameters, isFollowing: request.receivedAt != nil)
        case ("POST", "prune", 1):
            let days = try parameters.integer("older_than_days", in: 0...36_500) ?? 30
            prune(before: now - days * 86_400_000)
            return adminAnswer(stateJSON())
        case ("GET", "cards", 1): return adminAnswer(Self.cardsJSON())
        case ("GET", "routes", 1):
            return adminAnswer(.object([.init("data", .array(Route.names.map { .string($0) }))]))
        case ("GET", "faults", 1): return adminAnswer(faultsJSON())
        case ("POST", "faults", 1):
            let isUsual = try parameters.choice("profile", ["usual"]) != nil
            for rule in isUsual ? FaultRule.usual : [try FaultRule(parameters)] { faults.add(rule) }
            return adminAnswer(faultsJSON())
        case ("DELETE", "faults", 1):
            faults.removeAll()
            return adminAnswer(faultsJSON())
        case ("GET", "webhook_faults", 1): return adminAnswer(outbox.faults.json)
        case ("POST", "webhook_faults", 1): return try setWebhookFaults(parameters)
        case ("GET", "deliveries", 1): return adminAnswer(deliveriesJSON())
        case ("POST", "events", 3) where segments[2] == "redeliver": return try redeliver(segments[1])
        case ("POST", "payment_methods", 3) where segments[2] == "script":
            return try script(segments[1], parameters)
        case ("POST", "intents", 3) where segments[2] == "authenticate":
            return try authenticate(segments[1], parameters)
        case ("POST", "intents", 3) where segments[2] == "change": return try change(segments[1], parameters)
        case ("POST", "intents", 3) where segments[2] == "double": return try double(segments[1])
        case ("DELETE", "intents", 2): return try forget(segments[1])
        case (_, "authenticate", 2): return try authenticationPage(request, token: segments[1])
        case (_, "checkout", 2): return try checkoutPage(request, id: segments[1])
        case ("GET", "done", 1): return Self.page("Done", "<p>The card is saved. You can close this page.</p>")
        case ("GET", "receipts", 2): return Self.page("Receipt", "<p>\(Self.escaped(segments[1]))</p>")
        default: throw SandboxFailure(404, .invalidRequest, "There is no \(request.method) \(request.path).")
        }
    }

    func adminAnswer(_ value: JSONValue, status: Int = 200) -> SandboxResponse {
        SandboxResponse(
            status: status, headers: [SandboxHeader("Content-Type", "application/json")],
            body: value.bytes + [0x0A])
    }

    /// The year 2100: beyond it the clock does not go.
    private static let secondsMax: Int64 = 4_102_444_800

    private func clockJSON() -> JSONValue {
        .object([
            .init("now_milliseconds", .integer(now)), .init("now", .integer(CivilDate.seconds(now))),
            .init("date", .string(CivilDate(milliseconds: now).httpDate)),
        ])
    }

    /// `advance_seconds`, `advance_days`, or `now` as seconds or milliseconds since 1970.
    private func moveClock(_ parameters: Parameters, isFollowing: Bool) throws(SandboxFailure) -> SandboxResponse {
        try parameters.requireKnown(["advance_seconds", "advance_days", "now"])
        var target = now
        if let seconds = try parameters.integer("advance_seconds", in: 0...Self.secondsMax) { target += seconds * 1000 }
        if let days = try parameters.integer("advance_days", in: 0...Self.secondsMax / 86_400) {
            target += days * 86_400_000
        }
        if let instant = try parameters.integer("now", in: 0...Self.secondsMax * 1000) {
            target = instant >= 100_000_000_000 ? instant : instant * 1000
        }
        guard target >= now else { throw .invalid("now", "The clock does not go backwards.") }
        guard target <= Self.secondsMax * 1000 else { throw .invalid("now", "The clock ends with the year 2099.") }
        if isFollowing { lead += target - now }
        advance(to: target)
        return adminAnswer(clockJSON())
    }

    private func stateJSON() -> JSONValue {
        let counts: [(String, Int)] = [
            ("customers", customers.count), ("payment_methods", paymentMethods.count),
            ("payment_intents", paymentIntents.count), ("setup_intents", setupIntents.count),
            ("charges", charges.count), ("refunds", refunds.count), ("disputes", disputes.count),
            ("events", events.count), ("checkout_sessions", checkoutSessions.count),
            ("balance_transactions", balanceTransactions.count), ("idempotency_keys", idempotency.count),
            ("deliveries_waiting", outbox.waitingCount), ("happenings_scheduled", schedule.count),
        ]
        let intents = [SandboxDialect.stripe, .wooshpay].flatMap { paymentIntents.records($0).suffix(100) }
        return .object([
            .init("account", .string(accountID)), .init("now_milliseconds", .integer(now)),
            .init("counts", .object(counts.map { .init($0.0, .integer(Int64($0.1))) })),
            .init(
                "latest_payment_intents",
                .array(
                    intents.map { intent in
                        .object([
                            .init("id", .string(intent.id)), .init("status", .string(intent.status.rawValue)),
                            .init("amount", .integer(intent.amount)), .init("currency", .string(intent.currency)),
                            .init("customer", intent.customer.map { .string($0.id) } ?? .null),
                            .init("metadata", intent.metadata.json),
                        ])
                    })),
        ])
    }

    private static func cardsJSON() -> JSONValue {
        let fixed = TestCard.all.map { card in
            JSONValue.object([
                .init("number", card.number.isEmpty ? .null : .string(card.number)),
                .init("tokens", .array(card.tokens.map { .string($0) })),
            ])
        }
        let own = CardDecline.codesInNumberOrder.enumerated().map { index, code in
            JSONValue.object([
                .init("number", .string(OwnCard.number(place: index + 1, times: 0))),
                .init("tokens", .array([.string("pm_card_sandbox_" + code)])),
            ])
        }
        return .object([.init("data", .array(fixed + own))])
    }

    private func deliveriesJSON() -> JSONValue {
        let entries = outbox.entries.suffix(1000).map { entry in
            JSONValue.object([
                .init("id", .integer(Int64(entry.id))), .init("event", .string(entry.event.id)),
                .init("type", .string(entry.event.type)), .init("endpoint", .string(entry.endpoint.id)),
                .init("url", .string(entry.endpoint.url)), .init("state", .string(entry.state)),
                .init(
                    "tries",
                    .array(
                        entry.log.map { at, status in
                            .object([
                                .init("at_milliseconds", .integer(at)),
                                .init("status", status.map { .integer(Int64($0)) } ?? .null),
                            ])
                        })),
            ])
        }
        return .object([.init("data", .array(entries))])
    }

    private func redeliver(_ id: String) throws(SandboxFailure) -> SandboxResponse {
        guard let count = redeliver(eventID: id) else { throw .noSuch("event", id, parameter: "id") }
        return adminAnswer(.object([.init("deliveries", .integer(Int64(count)))]))
    }

    /// `{"answers": ["insufficient_funds", null]}`: what the card answers next.
    private func script(_ id: String, _ parameters: Parameters) throws(SandboxFailure) -> SandboxResponse {
        guard let method = paymentMethods[id] else { throw .noSuch("PaymentMethod", id, parameter: "id") }
        guard let answers = try parameters.list("answers") else { throw .missing("answers") }
        method.history.script = answers.map { $0.string == "succeed" ? nil : $0.string }
        return adminAnswer(.object([.init("scripted", .integer(Int64(answers.count)))]))
    }

    /// `{"answer": "approve"}`: what the card holder does, without a browser.
    private func authenticate(_ id: String, _ parameters: Parameters) throws(SandboxFailure) -> SandboxResponse {
        let text = try parameters.requiredString("answer")
        guard let answer = ChallengeAnswer(rawValue: text) else {
            throw .invalid("answer", "answer must be one of approve, fail, abandon")
        }
        guard let token = (paymentIntents[id]?.nextAction ?? setupIntents[id]?.nextAction)?.token else {
            throw .noSuch("open authentication", id, parameter: "id")
        }
        let target = self.answer(challenge: token, answer)
        return adminAnswer(.object([.init("redirect", target.map { .string($0) } ?? .null)]))
    }
}
