import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// `dunlin setup-sessions create`: a page of the gateway's own for saving a card.
struct SetupSessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup-sessions",
        abstract: "Links to the gateway's own page for saving a card.",
        discussion: """
            Examples:
              dunlin setup-sessions create --customer cus_0042 --success-url https://example.com/saved \\
                --cancel-url https://example.com/left
            """,
        subcommands: [Create.self])

    struct Create: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Print a link to send to the customer; it is open for a day.",
            discussion: """
                Card numbers never come near this program. Whoever has the link can save a card for the customer. The
                card is saved when `setup_intent.succeeded` arrives, or `dunlin setup-intents retrieve` reads it so.
                """)

        @OptionGroup var gateway: GatewayOptions
        @Option(help: .init("The data file's id of the customer, or the gateway's.", valueName: "id"))
        var customer: String
        @Option(help: .init("Where the browser goes when the card is saved; return_url without it.", valueName: "url"))
        var successURL: String?
        @Option(help: .init("Where it goes when the customer leaves; return_url without it.", valueName: "url"))
        var cancelURL: String?
        @OptionGroup var metadata: MetadataOptions
        @OptionGroup var call: CallOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            try successURL?.requireAddress("--success-url")
            try cancelURL?.requireAddress("--cancel-url")
        }

        private struct Session: Encodable {
            let id: String
            let gateway: String
            let url: String
            let customer: String?
            let setupIntent: String?
            let expiresAt: String?
        }

        func run(in context: Context) async throws -> ExitStatus {
            let settings = try context.settings()
            let id = customer
            let row = try await context.look(settings) { tx in try Customers.find(id, tx) }
            return try await GatewayDesk.run(context, settings: settings, gateway: gateway.gateway ?? row?.gateway) {
                desk in
                guard let success = successURL ?? desk.settings.returnURL,
                    let cancel = cancelURL ?? desk.settings.returnURL,
                    let customerID = try await desk.gatewayCustomerID(customer)
                else {
                    throw CommandFailure(.badInput, "say --success-url and --cancel-url, or set return_url")
                }
                let session = try await desk.value(
                    await desk.driver.createSetupSession(
                        SetupSessionRequest(
                            customerID: customerID, successURL: success, cancelURL: cancel,
                            metadata: try metadata.change()), idempotencyKey: call.key))
                let view = Session(
                    id: session.id, gateway: desk.name, url: session.url, customer: session.customerID,
                    setupIntent: session.setupIntentID, expiresAt: session.expiresAt?.rfc3339Seconds)
                try context.output.show(view) { [session.url] }
                if let intent = session.setupIntentID {
                    let end = session.expiresAt.map { " until \($0.rfc3339Seconds)" } ?? ""
                    context.output.remark(
                        "open\(end); then: dunlin setup-intents retrieve \(intent) --gateway \(desk.name)")
                }
                return .done
            }
        }
    }
}
