import ArgumentParser
import DunlinDatabase
import DunlinJobs
import DunlinWeb
import Logging
import ServiceLifecycle
import UnixSignals

/// `dunlin serve`: the public listener without the worker.
struct ServeCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Webhook inbox and recovery pages, for teams that bill by cron; dunlin run has both.",
        discussion: """
            Listens on listen.public for POST /webhooks/<gateway name>, checks each signature, and stores the event before
            it answers. The next pass (dunlin run --once) reads the object at the gateway and applies it: for that this
            process needs the webhook secrets and no key. With a key it also serves the pages of the recovery links,
            /pay/<token>, on which customers pay a debt themselves (dunlin invoices link). Put a reverse proxy with TLS
            in front; docs/runbook.md has examples.

            Examples:
              DUNLIN_STRIPE_WEBHOOK_SECRET=whsec_… dunlin serve
              dunlin serve --json        # the first line says where it listens
            """)

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Listening: Encodable, Sendable {
        let listening: String
        let gateways: [String]
        /// nil where no key is set, so that nobody could pay.
        let pages: String?
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        return try await LiveBilling.use(context, settings) { live in
            let pages = live.billing.gateways.isEmpty ? nil : try LiveRecovery.pages(context, settings, live)
            return try await serve(
                LiveInbox(context, settings, live.billing.database, pages: pages), hasPages: pages != nil, context,
                settings)
        }
    }

    private func serve(
        _ live: LiveInbox, hasPages: Bool, _ context: Context, _ settings: Settings
    ) async throws -> ExitStatus {
        guard live.isNeeded else {
            let variables = settings.gateways.map(\.webhookVariable).joined(separator: ", ")
            throw CommandFailure(
                .gateway, "no webhook secret is set, so that nothing could be believed: set \(variables)")
        }
        let names = settings.gateways.filter { !$0.webhookSecrets.isEmpty }.map(\.name)
        if names.isEmpty {
            let variables = settings.gateways.map(\.webhookVariable).joined(separator: ", ")
            context.log.warning("no webhook secret is set: only the recovery pages are served; set \(variables)")
        }
        let (host, output) = (settings.listen.public.host, context.output)
        let listener = live.listener(isRequired: true) { port in
            let address = "http://\(host):\(port)"
            let result = Listening(listening: address, gateways: names, pages: hasPages ? "\(address)/pay/" : nil)
            try? output.show(result) {
                (names.isEmpty ? [] : ["Webhooks are taken in at"] + names.map { "  \(address)/webhooks/\($0)" })
                    + (hasPages ? ["Customers pay at", "  \(address)/pay/"] : [])
            }
        }
        let group = ServiceGroup(
            services: [Public(listener: listener)], gracefulShutdownSignals: [.sigterm, .sigint], logger: context.log)
        do {
            try await group.run()
        } catch let error as ServiceGroupError {
            throw error
        } catch {
            throw CommandFailure(.badInput, "cannot listen on \(settings.listen.public): \(error)")
        }
        context.log.info("stopped")
        return .done
    }

    /// What the log of the service group says; without it, everything that hangs on the listener.
    private struct Public: Service, CustomStringConvertible {
        let listener: PublicListener
        var description: String { "public listener" }
        func run() async throws { try await listener.run() }
    }
}
