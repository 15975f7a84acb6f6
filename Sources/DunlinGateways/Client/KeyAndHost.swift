import DunlinCore

/// What a key and a base URL say about the mode, checked against each other before any request.
struct KeyAndHost {
    let mode: GatewayMode
    /// Scheme, host and port, without a slash at the end.
    let baseURL: String

    /// - Parameters:
    ///   - prefixes: the key prefixes that this processor gives to servers, by mode.
    ///   - hosts: the processor's own hosts, by mode.
    init(
        _ settings: GatewaySettings, prefixes: [GatewayMode: [String]], hosts: [GatewayMode: String]
    ) throws(GatewaySettingsError) {
        mode = try Self.mode(of: settings, prefixes: prefixes)
        guard let ownHost = hosts[mode] else {
            throw GatewaySettingsError(.unknownKey, gateway: settings.name, "the key's mode has no host")
        }
        baseURL = try Self.baseURL(settings, mode: mode, ownHost: ownHost, hosts: Set(hosts.values))
    }

    private static func mode(
        of settings: GatewaySettings, prefixes: [GatewayMode: [String]]
    ) throws(GatewaySettingsError) -> GatewayMode {
        let key = settings.key.exposed
        if key.hasPrefix("pk_") {
            throw GatewaySettingsError(
                .publishableKey, gateway: settings.name,
                "the key is a publishable one (pk_…); set the secret key (sk_…) of the same account")
        }
        let isPlain = key.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || byte == UInt8(ascii: "_")
        }
        for mode in [GatewayMode.test, .live] where isPlain {
            for prefix in prefixes[mode] ?? [] where key.hasPrefix(prefix) && key.utf8.count > prefix.utf8.count {
                return mode
            }
        }
        let known = (prefixes[.test] ?? []) + (prefixes[.live] ?? [])
        throw GatewaySettingsError(
            .unknownKey, gateway: settings.name,
            "the key does not begin with \(known.joined(separator: ", ")) or holds other characters than letters, "
                + "digits and underscores; set the key as the processor shows it, not Base64-encoded")
    }

    private static func baseURL(
        _ settings: GatewaySettings, mode: GatewayMode, ownHost: String, hosts: Set<String>
    ) throws(GatewaySettingsError) -> String {
        guard var url = settings.baseURL, !url.isEmpty else { return "https://" + ownHost }
        while url.hasSuffix("/") { url.removeLast() }
        guard let (scheme, host) = split(url) else {
            throw GatewaySettingsError(
                .badBaseURL, gateway: settings.name, "base_url must look like https://host or http://127.0.0.1:port")
        }
        if hosts.contains(host), host != ownHost {
            throw GatewaySettingsError(
                .modeMismatch, gateway: settings.name,
                "a \(mode.rawValue) key cannot be used at \(host); use \(ownHost)")
        }
        if mode == .live, host != ownHost {
            throw GatewaySettingsError(
                .modeMismatch, gateway: settings.name, "a live key is sent to \(ownHost) only, not to \(host)")
        }
        if scheme != "https", mode == .live || !isLoopback(host) {
            throw GatewaySettingsError(
                .insecureBaseURL, gateway: settings.name, "base_url must use https; http is for loopback in test mode")
        }
        return url
    }

    /// Scheme and host of a base URL that has no path, query or user.
    private static func split(_ url: String) -> (scheme: String, host: String)? {
        guard let mark = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<mark.lowerBound].lowercased()
        let rest = url[mark.upperBound...].lowercased()
        guard scheme == "https" || scheme == "http", !rest.isEmpty else { return nil }
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789.-:[]")
        guard rest.allSatisfy({ allowed.contains($0) }) else { return nil }
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            return (scheme, String(rest[...end]))
        }
        let host = rest.prefix { $0 != ":" }
        return host.isEmpty ? nil : (scheme, String(host))
    }

    private static func isLoopback(_ host: String) -> Bool {
        let isNumeric = host.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == 0x2E }
        return host == "localhost" || host == "[::1]" || (isNumeric && host.hasPrefix("127."))
    }
}
