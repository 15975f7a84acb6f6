import DunlinDatabase
import DunlinWeb

/// The public listener as the settings want it: the webhook inbox, and the recovery pages where there are some.
struct LiveInbox: Sendable {
    let inbox: WebhookInbox
    private let context: Context
    private let address: ListenAddress
    private let pages: PayPages?

    init(_ context: Context, _ settings: Settings, _ database: Database, pages: PayPages? = nil) {
        let clock = context.clock
        self.context = context
        address = settings.listen.public
        self.pages = pages
        inbox = WebhookInbox(
            database: database, mode: settings.mode,
            routes: settings.gateways.map {
                WebhookRoute(gateway: $0.name, kind: $0.kind, secrets: $0.webhookSecrets)
            }, logger: context.log, now: { clock.now() })
    }

    /// False where the listener could answer nothing.
    var isNeeded: Bool { inbox.canBelieve || pages != nil }

    /// - Parameters:
    ///   - isRequired: false where the process has other work when the port is taken.
    ///   - onListening: called with the port.
    func listener(
        isRequired: Bool, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> PublicListener {
        PublicListener(
            host: address.host, port: address.port, inbox: inbox, pages: pages, isRequired: isRequired,
            logger: context.log, onListening: onListening)
    }
}
