import DunlinCore
import Foundation

extension Settings {
    /// Every gateway of the file and of the defaults, complete ones only: what is missing is reported.
    static func gateways(_ reader: SettingsReader, mode: GatewayMode) -> [ConfiguredGateway] {
        var variables: [String: String] = [:]
        return reader.keys(of: "gateways").compactMap { name in
            let path = "gateways.\(name)"
            guard isGatewayName(name) else {
                let text =
                    "\(path): a gateway's name is made of a-z, 0-9, - and _, begins with a letter, has at most 32"
                reader.report(text, at: reader.origin(of: path))
                return nil
            }
            let variable = SettingsReader.environmentName(of: path)
            if let other = variables.updateValue(name, forKey: variable) {
                reader.report("\(path): \(other) has the same variables \(variable)_…", at: reader.origin(of: path))
            }
            return gateway(reader, name: name, mode: mode)
        }
    }

    private static func isGatewayName(_ name: String) -> Bool {
        let taken = [
            "mode", "database", "listen", "worker", "log", "ceilings", "config", "catch-up", "catch_up", "source",
            "backfill", "notices", "self-check", "self_check", "recovery",
            // The queues that belong to no gateway.
            "default",
        ]
        guard let first = name.first, ("a"..."z").contains(first), name.count <= 32, !taken.contains(name) else {
            return false
        }
        return name.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-" || $0 == "_" }
    }

    private static func gateway(_ reader: SettingsReader, name: String, mode: GatewayMode) -> ConfiguredGateway? {
        let path = "gateways.\(name)"
        guard let kind: GatewayKind = reader.choice("\(path).kind") else {
            let isMissing = reader.written("\(path).kind") == nil
            if isMissing { reader.report("\(path): needs kind: stripe or wooshpay", at: reader.origin(of: path)) }
            return nil
        }
        let like = "gateways.\(kind.rawValue)"
        func second(_ key: String) -> Int? {
            reader.integer("\(path).\(key)", fallback: "\(like).\(key)", in: 1...600)
        }
        func limit(_ key: String) -> Int? { reader.integer("\(path).limits.\(key)", in: 1...10_000) }
        func text(_ key: String) -> String? { reader.text("\(path).\(key)", fallback: "\(like).\(key)") }
        let baseURL = baseURL(reader, path, kind: kind, mode: mode)
        let sending: SendingMode? = reader.choice("\(path).sending", fallback: "\(like).sending")
        let retryMode: RetryMode? = reader.choice("\(path).retry_mode", fallback: "\(like).retry_mode")
        let limits = (account: limit("per_second"), endpoint: limit("per_endpoint_per_second"))
        let entity = text("entity")
        let connect = second("connect_timeout_seconds")
        let total = second("total_timeout_seconds")
        let description = text("description")
        let suffix = statementSuffix(reader, path)
        let field = text("off_session_field")
        let key = key(reader, path, mode: mode)
        let publishableKey = publishableKey(reader, path)
        let webhookSecrets = webhookSecrets(reader, path)
        guard let sending, let retryMode, let connect, let total, let field else { return nil }
        let documented = RequestLimits.documented(kind, mode)
        return ConfiguredGateway(
            name: name, kind: kind, baseURL: baseURL, sending: sending, retryMode: retryMode,
            limits: RequestLimits(
                perSecond: limits.account ?? documented.perSecond,
                perEndpointPerSecond: limits.endpoint ?? documented.perEndpointPerSecond),
            entity: entity, connectTimeoutSeconds: connect, totalTimeoutSeconds: total, description: description,
            statementSuffix: suffix, offSessionField: field, secretKey: key.secret, publishableKey: publishableKey,
            webhookSecrets: webhookSecrets,
            keyProblem: key.problem)
    }

    private static func baseURL(
        _ reader: SettingsReader, _ path: String, kind: GatewayKind, mode: GatewayMode
    ) -> String {
        let own = kind.address(mode)
        guard let written = address(reader, "\(path).base_url") else { return own }
        if mode == .live, written != own {
            let text = "\(path).base_url: in live mode only \(own) is allowed"
            reader.report(text, at: reader.written("\(path).base_url")?.origin)
        }
        return written
    }

    private static func statementSuffix(_ reader: SettingsReader, _ path: String) -> String? {
        reader.value("\(path).statement_suffix", expected: "at most 22 characters without < > \\ ' \" *") { text in
            text.count <= 22 && !text.contains(where: { "<>\\'\"*".contains($0) }) ? text : nil
        }
    }

    private static func key(
        _ reader: SettingsReader, _ path: String, mode: GatewayMode
    ) -> (secret: Secret?, problem: SettingsProblem?) {
        let variable = SettingsReader.environmentName(of: path) + "_SECRET_KEY"
        guard let written = reader.secretText(variable) else { return (nil, nil) }
        func refused(_ text: String) -> (Secret?, SettingsProblem?) {
            (nil, SettingsProblem(kind: .key, origin: written.origin, text: text))
        }
        guard let keyMode = GatewayMode(ofKey: written.text) else {
            let isPublishable = written.text.hasPrefix("pk_")
            return refused(
                isPublishable
                    ? "this is a publishable key; the secret key begins with sk_ or rk_"
                    : "this is no secret key; it begins with sk_test_, sk_live_, rk_test_ or rk_live_")
        }
        let secret = Secret(written.text)
        guard keyMode == mode else {
            return refused("\(secret) is a \(keyMode.rawValue) key, and mode is \(mode.rawValue)")
        }
        return (secret, nil)
    }

    private static func publishableKey(_ reader: SettingsReader, _ path: String) -> Secret? {
        let variable = SettingsReader.environmentName(of: path) + "_PUBLISHABLE_KEY"
        guard let written = reader.secretText(variable) else { return nil }
        guard written.text.hasPrefix("pk_") else {
            reader.report("\(variable) is no publishable key; it begins with pk_", at: written.origin)
            return nil
        }
        return Secret(written.text)
    }

    private static func webhookSecrets(_ reader: SettingsReader, _ path: String) -> [Secret] {
        let variable = SettingsReader.environmentName(of: path) + "_WEBHOOK_SECRET"
        guard let written = reader.secretText(variable) else { return [] }
        return written.text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map { Secret(String($0)) }
    }
}

extension GatewayMode {
    /// The mode that a secret or restricted key belongs to; nil for anything else.
    init?(ofKey key: String) {
        guard key.count > 8, key.allSatisfy({ $0.isASCII && !$0.isWhitespace }) else { return nil }
        switch key.prefix(8) {
        case "sk_test_", "rk_test_": self = .test
        case "sk_live_", "rk_live_": self = .live
        default: return nil
        }
    }
}
