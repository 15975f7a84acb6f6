import DunlinCore
import DunlinGateways
import DunlinWeb

/// The drivers of the configured gateways that have a key, each with connections of its own.
struct LiveGateways: Sendable {
    /// By the name in the settings.
    let byName: [String: any WholeGateway]
    private let transports: [LiveTransport]

    /// - Throws: a `SettingsError` of keys when a key cannot be used; a `GatewaySettingsError` when a driver refuses.
    init(
        _ settings: Settings, clock: LiveClock,
        readGate: @escaping @Sendable (_ gateway: String, _ endpoint: String) async -> Void = { _, _ in }
    ) throws {
        guard settings.keyProblems.isEmpty else { throw SettingsError(problems: settings.keyProblems) }
        var byName: [String: any WholeGateway] = [:]
        var transports: [LiveTransport] = []
        for configured in settings.gateways {
            guard let key = configured.secretKey else { continue }
            let limits = LiveTransport.Limits(
                connectTimeoutMilliseconds: Int64(configured.connectTimeoutSeconds) * 1000,
                connectionsMax: settings.worker.concurrency)
            let transport = LiveTransport(limits: limits)
            transports.append(transport)
            let environment = GatewayEnvironment(
                transport: transport, now: clock.now, sleep: clock.sleep(milliseconds:), randomBits: Chance.bits,
                readGate: { endpoint in await readGate(configured.name, endpoint) })
            byName[configured.name] = try Self.driverSettings(configured, key: key, settings: settings)
                .gateway(environment: environment)
        }
        self.byName = byName
        self.transports = transports
    }

    /// Closes the connections. Every request must have ended before.
    func shutDown() async throws {
        for transport in transports { try await transport.shutdown() }
    }

    private static func driverSettings(
        _ configured: ConfiguredGateway, key: Secret, settings: Settings
    ) -> GatewaySettings {
        let isOwn = configured.baseURL == configured.kind.address(settings.mode)
        return GatewaySettings(
            name: configured.name, kind: configured.kind, baseURL: isOwn ? nil : configured.baseURL, key: key,
            sending: configured.sending, totalTimeoutMilliseconds: Int64(configured.totalTimeoutSeconds) * 1000,
            userAgent: Version.userAgent,
            returnURL: settings.returnURL ?? settings.recoveryURL.map { $0 + PayPages.commonReturnPath },
            offSessionField: configured.offSessionField)
    }
}
