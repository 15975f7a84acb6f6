import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

struct CustomersCreate: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a customer at the gateway, and the row of customers that goes with it.",
        discussion: """
            The gateways make a new customer for every request, also for the same e-mail address. With --id the same
            command again finds the row and creates nothing.

            Examples:
              dunlin customers create --gateway stripe --email a@example.com
              dunlin customers create --gateway wooshpay --id cus_0042 --email a@example.com --name "A Example"
            """)

    @OptionGroup var gateway: GatewayOptions
    @Option(help: .init("The row's id; without it, the gateway's.", valueName: "id"))
    var id: String?
    @Option(help: .init("Recommended: the gateway writes there.", valueName: "address"))
    var email: String?
    @Option(help: .init("As in the gateway's dashboard.", valueName: "text"))
    var name: String?
    @Option(help: .init("IANA zone, for what is shown to the customer.", valueName: "zone"))
    var timeZone: String?
    @Option(help: .init("Two letters.", valueName: "country"))
    var country: String?
    @OptionGroup var metadata: MetadataOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    struct Created: Encodable, Sendable {
        let id: String
        let gateway: String
        let gatewayCustomerId: String
        let email: String?
        /// False when the row was there.
        let created: Bool
    }

    func validate() throws {
        if let id, id.isEmpty || id.utf8.count > 255 || id != id.trimmed || Redaction.holdsCardNumber(id) {
            throw ValidationError("--id takes 1 to 255 bytes without blanks at either end, and no card number")
        }
        try validateDetails()
    }

    private func validateDetails() throws {
        if let timeZone, Zone(timeZone) == nil {
            throw ValidationError("--time-zone \(timeZone) is no zone of the IANA database, such as Europe/Berlin")
        }
        let letters = country.map { $0.utf8.allSatisfy { (0x41...0x5A).contains($0) } && $0.utf8.count == 2 }
        if letters == false { throw ValidationError("--country takes two capital letters of ISO 3166, such as DE") }
        try email?.refuseCardNumber("--email")
        try name?.refuseCardNumber("--name")
    }

    func run(in context: Context) async throws -> ExitStatus {
        try await GatewayDesk.run(context, gateway: gateway.gateway) { desk in
            if let id, let row = try await desk.database.read({ tx in try Customers.find(id, tx) }) {
                guard row.gateway == desk.name else {
                    throw CommandFailure(.badInput, "customer \(id) is there, at gateway \(row.gateway)")
                }
                return try show(row, created: false, context)
            }
            let request = CustomerRequest(email: email, name: name, metadata: try metadata.change())
            let key = id.map { "customer-\(HexDigest.sha256($0).prefix(32))" } ?? Chance.callKey()
            let made = try await desk.value(await desk.driver.createCustomer(request, idempotencyKey: key))
            let row = Customer(
                id: id ?? made.id, gateway: desk.name, gatewayCustomerID: made.id, email: email, name: name,
                country: country, timeZone: timeZone)
            try await desk.database.write(step: "store-customer") { tx in try Customers.upsert(row, tx) }
            return try show(row, created: true, context)
        }
    }

    private func show(_ row: Customer, created: Bool, _ context: Context) throws -> ExitStatus {
        let view = Created(
            id: row.id, gateway: row.gateway, gatewayCustomerId: row.gatewayCustomerID, email: row.email,
            created: created)
        try context.output.show(view) {
            ["\(row.id)  \(created ? "created" : "was there already")", "  \(row.gateway): \(row.gatewayCustomerID)"]
        }
        return .done
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
