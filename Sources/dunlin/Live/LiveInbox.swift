import DunlinDatabase
import DunlinWeb

/// The webhook inbox as the settings want it.
struct LiveInbox: Sendable {
    let inbox: WebhookInbox
    private let context: Context
    private let address: ListenAddress

    init(_ context: Context, _ settings: Settings, _ database: Database) {
        let clock = context.clock
        self.context = context
        address = settings.listen.public
        inbox = WebhookInbox(
            database: database, mode: settings.mode,
            routes: settings.gateways.map {
                WebhookRoute(gateway: $0.name, kind: $0.kind, secrets: $0.webhookSecrets)
            }, logger: context.log, now: { clock.now() })
    }

    /// - Parameters:
    ///   - isRequired: false where the process has other work when the port is taken.
    ///   - onListening: called with the port.
    func listener(
        isRequired: Bool, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> PublicListener {
        PublicListener(
            host: address.host, port: address.port, inbox: inbox, isRequired: isRequired, logger: context.log,
            onListening: onListening)
    }
}
