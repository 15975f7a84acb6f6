import DunlinGateways
import DunlinJobs

/// The sink that the settings name, with the connections it needs.
struct LiveNotices: Sendable {
    /// nil where notices are only listed.
    let sink: (any NoticeSink)?
    private let transport: LiveTransport?

    /// - Parameter isUsed: false for who only looks: nothing is sent then, and nothing needed for it.
    /// - Throws: a `SettingsError` when what the sink needs is missing.
    init(_ settings: Settings, clock: LiveClock, isUsed: Bool) throws(SettingsError) {
        guard isUsed else {
            (sink, transport) = (nil, nil)
            return
        }
        let notices = settings.notices
        if let problem = notices.problem {
            throw SettingsError(problems: [SettingsProblem(origin: nil, text: problem)])
        }
        let timeout = Int64(notices.timeoutSeconds) * 1000
        switch notices.sink {
        case .none: (sink, transport) = (nil, nil)
        case .webhook(let url):
            let connections = LiveTransport(
                limits: LiveTransport.Limits(
                    connectTimeoutMilliseconds: timeout, connectionsMax: 8, responseBytesMax: 64 * 1024))
            transport = connections
            sink = WebhookSink(
                url: url, secrets: notices.secrets, timeoutMilliseconds: timeout, transport: connections)
        case .command(let command):
            transport = nil
            sink = CommandSink(command: command, timeoutMilliseconds: timeout, clock: clock)
        }
    }

    /// Closes the connections. Every delivery must have ended before.
    func shutDown() async throws { try await transport?.shutdown() }
}

extension NoticeRules {
    init(_ notices: Settings.Notices) {
        self.init()
        quietSeconds = Int64(notices.quietHours) * 3600
        tellsApplication = notices.tellsApplication
    }
}
