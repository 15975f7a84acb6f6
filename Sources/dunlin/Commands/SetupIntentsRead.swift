import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinJobs
import DunlinLedger

struct SetupIntentsRetrieve: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieve",
        abstract: "Read a SetupIntent; one that succeeded stores its card.",
        discussion: """
            Examples:
              dunlin setup-intents retrieve seti_1 --json
              DUNLIN_STRIPE_PUBLISHABLE_KEY=pk_test_… dunlin setup-intents retrieve seti_1 --as-client
            """)

    @Argument(help: "The SetupIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @Flag(help: "Show what a browser with the publishable key and the client secret can read. Stores nothing.")
    var asClient = false
    @Flag(help: "Show the client secret, with which a browser can finish the setup. Do not store or log it.")
    var showClientSecret = false
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            if asClient { return try await readAsClient(desk) }
            return try await desk.show(await desk.driver.setupIntent(id), withSecret: showClientSecret)
        }
    }

    /// The secret key learns the client secret first, so that it never has to be typed.
    private func readAsClient(_ desk: GatewayDesk) async throws -> ExitStatus {
        guard let key = desk.configured.publishableKey else {
            throw CommandFailure(.gateway, "--as-client needs \(desk.configured.publishableKeyVariable)")
        }
        let full = try await desk.value(await desk.driver.setupIntent(id))
        guard let secret = full.clientSecret else {
            throw CommandFailure(.badInput, "\(id) has no client secret, so that no browser can read it")
        }
        let seen = try await desk.value(
            await desk.driver.setupIntent(
                id, asClient: ClientAccess(publishableKey: key, clientSecret: secret)))
        let view = SetupIntentView(seen, gateway: desk.name)
        try desk.context.output.show(view) { view.lines }
        return .done
    }
}

struct SetupIntentsList: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "SetupIntents at the gateway, newest first.",
        discussion: """
            Examples:
              dunlin setup-intents list --limit 3
              dunlin setup-intents list --customer cus_0042 --starting-after seti_1
              dunlin setup-intents list --created-from 2026-11-01T00:00:00Z --all --json
            """)

    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The data file's id of the customer, or the gateway's.", valueName: "id"))
    var customer: String?
    @Option(help: .init("The data file's id of a payment method, or the gateway's.", valueName: "id"))
    var paymentMethod: String?
    @Option(help: .init("Created then or later.", valueName: "time"), transform: Instant.argument)
    var createdFrom: Instant?
    @Option(help: .init("Created then or earlier.", valueName: "time"), transform: Instant.argument)
    var createdThrough: Instant?
    @Option(help: .init("1 to 100 of a page.", valueName: "n"))
    var limit: Int?
    @Option(help: .init("Older ones than this one.", valueName: "id"))
    var startingAfter: String?
    @Option(help: .init("Newer ones than this one.", valueName: "id"))
    var endingBefore: String?
    @Flag(help: "All pages.")
    var all = false
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Listed: Encodable {
        let setupIntents: [SetupIntentView]
        let hasMore: Bool
    }

    func validate() throws {
        if startingAfter != nil, endingBefore != nil {
            throw ValidationError("--starting-after contradicts --ending-before")
        }
        if let limit, !(1...100).contains(limit) { throw ValidationError("--limit takes 1 to 100") }
        if all, limit != nil { throw ValidationError("--all contradicts --limit") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            let query = SetupIntentQuery(
                customerID: try await desk.gatewayCustomerID(customer),
                paymentMethodID: try await desk.gatewayMethodID(paymentMethod), createdFrom: createdFrom,
                createdThrough: createdThrough, cursor: cursor, limit: limit)
            let page: ListPage<SetupIntentSnapshot>
            if all {
                let items = try await desk.value(await desk.driver.allSetupIntents(query))
                page = ListPage(items: items, hasMore: false)
            } else {
                page = try await desk.value(await desk.driver.setupIntents(query))
            }
            try show(page, desk)
            return .done
        }
    }

    private var cursor: SetupIntentQuery.Cursor? {
        if let startingAfter { return .startingAfter(startingAfter) }
        return endingBefore.map { .endingBefore($0) }
    }

    private func show(_ page: ListPage<SetupIntentSnapshot>, _ desk: GatewayDesk) throws {
        let views = page.items.map { SetupIntentView($0, gateway: desk.name) }
        try desk.context.output.show(Listed(setupIntents: views, hasMore: page.hasMore)) {
            var table = Table([
                .left("ID"), .left("STATUS"), .left("CUSTOMER"), .left("PAYMENT METHOD"), .left("USAGE"),
                .left("CREATED"),
            ])
            for view in views {
                table.add([
                    view.id, view.status, view.customer ?? "", view.paymentMethod ?? "", view.usage ?? "",
                    view.createdAt ?? "",
                ])
            }
            return table
        }
        if page.hasMore, let last = page.items.last {
            desk.context.output.remark("there are more: --starting-after \(last.id), or --all")
        }
    }
}

extension GatewayDesk {
    /// Shows a SetupIntent. One that succeeded is read again and its card stored: nothing else proves it.
    func show(_ reply: GatewayReply<SetupIntentSnapshot>, withSecret: Bool = false) async throws -> ExitStatus {
        let askedAt = reply.exchanges.first?.startedAt ?? context.clock.now()
        let intent = try await value(reply)
        let saving = SaveCard(database: database, gateway: driver, now: context.clock.now)
        let isRead = reply.exchanges.last?.method == "GET"
        let outcome: SaveCard.Outcome
        if isRead || intent.status != .succeeded {
            outcome = try await saving.store(intent, askedAt: askedAt)
        } else {
            outcome = try await saving.run(setupIntentID: intent.id)
        }
        var view = SetupIntentView(intent, outcome, gateway: name)
        if withSecret { view.clientSecret = intent.clientSecret?.exposed }
        try context.output.show(view) { view.lines }
        return .done
    }
}
