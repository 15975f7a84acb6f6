import ArgumentParser
import DunlinCalendar
import DunlinCore

struct PaymentIntentsRetrieve: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieve", abstract: "Read a payment. The ledger is not changed.")

    @Argument(help: "The PaymentIntent.") var id: String
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            try await desk.show(try await desk.value(await desk.driver.retrieve(id)))
        }
    }
}

struct PaymentIntentsList: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Payments at the gateway: by customer or time, or by reference.",
        discussion: """
            Stripe lists by customer and creation time; its search by reference may lag behind by an hour. WooshPay finds
            payments by reference only.

            Examples:
              dunlin payment-intents list --customer cus_0042
              dunlin payment-intents list --created-from 2026-11-20T00:00:00Z --limit 20
              dunlin payment-intents list --gateway wooshpay --reference dl-abc234
            """)

    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The data file's id of the customer, or the gateway's.", valueName: "id"))
    var customer: String?
    @Option(
        help: .init("Created then or later; a month ago without it.", valueName: "time"), transform: Instant.argument)
    var createdFrom: Instant?
    @Option(help: .init("With exactly this reference.", valueName: "text"))
    var reference: String?
    @Option(help: .init("Show at most so many.", valueName: "n"))
    var limit = 100
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Listed: Encodable {
        let paymentIntents: [PaymentIntentView]
        let hasMore: Bool
    }

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes 1 to 10000") }
        if reference != nil, customer != nil || createdFrom != nil {
            throw ValidationError("--reference stands alone")
        }
        if reference == nil, customer == nil, createdFrom == nil {
            throw ValidationError("say --customer, --created-from or --reference")
        }
    }

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            let intents = try await desk.value(try await find(desk))
            var views: [PaymentIntentView] = []
            for intent in intents.prefix(limit) {
                views.append(
                    PaymentIntentView(intent, gateway: desk.name, invoice: try await desk.invoice(of: intent.id)))
            }
            try context.output.show(Listed(paymentIntents: views, hasMore: intents.count > limit)) { Self.table(views) }
            if reference != nil, intents.isEmpty, desk.configured.kind == .stripe {
                context.output.remark("Stripe's search lags behind, by up to an hour; --customer does not")
            }
            if intents.count > limit { context.output.remark("\(intents.count) in all; --limit shows more") }
            return .done
        }
    }

    private func find(_ desk: GatewayDesk) async throws -> GatewayReply<[IntentSnapshot]> {
        if let reference { return await desk.driver.intents(reference: reference) }
        let from = createdFrom ?? desk.context.clock.now().adding(days: -31)
        return await desk.driver.intents(
            IntentQuery(customerID: try await desk.gatewayCustomerID(customer), createdFrom: from))
    }

    private static func table(_ views: [PaymentIntentView]) -> Table {
        var table = Table([
            .left("ID"), .left("STATUS"), .right("AMOUNT"), .left("CURRENCY"), .left("CUSTOMER"), .right("INVOICE"),
            .left("CREATED"),
        ])
        for view in views {
            table.add([
                view.id, view.status, view.amount ?? "", view.currency ?? "", view.customer ?? "",
                view.invoice.map(String.init) ?? "", view.createdAt ?? "",
            ])
        }
        return table
    }
}
