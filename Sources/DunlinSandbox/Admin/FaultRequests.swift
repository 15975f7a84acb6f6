extension FaultRule {
    /// A rule from `POST /_sandbox/faults`:
    /// `{"kind":"drop_after","match":{"method":"POST","path":"/confirm","nth":1},"delay_ms":0}`.
    /// `each` (`first` or `every`), `rate_per_million` and `times` say how often; a rule that says nothing strikes once.
    init(_ parameters: Parameters) throws(SandboxFailure) {
        try parameters.requireKnown([
            "kind", "match", "each", "rate_per_million", "times", "delay_ms", "skew_seconds", "status",
            "retry_after_seconds",
        ])
        let names = Kind.allCases.map(\.rawValue)
        guard let name = try parameters.choice("kind", names), let kind = Kind(rawValue: name) else {
            throw .missing("kind")
        }
        self.init(kind)
        let match = try parameters.object("match") ?? Parameters([])
        try match.requireKnown(["method", "path", "nth"])
        method = try match.string("method")?.uppercased()
        path = try match.string("path")
        timesMax = try parameters.integer("times").map { Int($0) }
        let each = try parameters.choice("each", ["first", "every"])
        if let number = try match.integer("nth") {
            frequency = .nth(Int(number))
        } else if let share = try parameters.integer("rate_per_million") {
            frequency = .perMillion(UInt64(max(0, share)))
        } else if each == "first" {
            frequency = .firstOfEach
        } else if each == nil, timesMax == nil {
            timesMax = 1
        }
        delayMilliseconds = try parameters.integer("delay_ms", in: 0...86_400_000) ?? 0
        skewSeconds = try parameters.integer("skew_seconds", in: -1_000_000_000...1_000_000_000) ?? 0
        status = Int(try parameters.integer("status", in: 500...599) ?? 500)
        retryAfterSeconds = try parameters.integer("retry_after_seconds")
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [.init("kind", .string(kind.rawValue))]
        var match: [JSONValue.Member] = []
        if let method { match.append(.init("method", .string(method))) }
        if let path { match.append(.init("path", .string(path))) }
        switch frequency {
        case .every: members.append(.init("each", .string("every")))
        case .firstOfEach: members.append(.init("each", .string("first")))
        case .nth(let number): match.append(.init("nth", .integer(Int64(number))))
        case .perMillion(let share): members.append(.init("rate_per_million", .integer(Int64(share))))
        }
        members.append(.init("match", .object(match)))
        if let timesMax { members.append(.init("times", .integer(Int64(timesMax)))) }
        return .object(members)
    }
}

extension WebhookFaults {
    var json: JSONValue {
        let shares = [lost, late, reordered, doubled]
        return .object(zip(Self.names, shares).map { .init($0, .integer(Int64($1))) })
    }
}

extension World {
    /// `{"profile":"usual"}`, or the shares of a million by name; what is not named never happens.
    func setWebhookFaults(_ parameters: Parameters) throws(SandboxFailure) -> SandboxResponse {
        try parameters.requireKnown(Set(WebhookFaults.names + ["profile"]))
        var faults = try parameters.choice("profile", ["usual"]) == nil ? WebhookFaults() : .usual
        for name in WebhookFaults.names {
            guard let share = try parameters.integer(name, in: 0...1_000_000) else { continue }
            _ = faults.set(name, UInt64(share))
        }
        outbox.faults = faults
        return adminAnswer(faults.json)
    }

    func faultsJSON() -> JSONValue {
        let entries = faults.rules.map { rule, matches, strikes in
            JSONValue.object(
                (rule.json.members ?? []) + [
                    .init("matches", .integer(Int64(matches))), .init("strikes", .integer(Int64(strikes))),
                ])
        }
        return .object([.init("data", .array(entries))])
    }
}
