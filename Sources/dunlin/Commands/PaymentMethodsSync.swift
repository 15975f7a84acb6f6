import ArgumentParser
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

struct PaymentMethodsSync: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Store the cards that the gateway has for a customer.",
        discussion: """
            Brand, last four digits, expiry, country, funding and fingerprint are kept of a card. Rows that the gateway
            does not list are named, and left as they are.

            Examples:
              dunlin payment-methods sync --customer cus_0042
              dunlin payment-methods sync --customer cus_0042 --default pm_1 --backup pm_2
            """)

    @Option(help: .init("The customer, by the data file's id.", valueName: "id"))
    var customer: String
    @OptionGroup var roles: RoleOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    struct Synced: Encodable, Sendable {
        let customer: String
        let added: [String]
        let changed: [String]
        let unchanged: [String]
        let notAtGateway: [String]
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let id = customer
        let row = try await context.look(settings) { tx in try Customers.find(id, tx) }
        guard let row else { throw CommandFailure(.badInput, "there is no customer \(id)") }
        return try await GatewayDesk.run(context, settings: settings, gateway: row.gateway) { desk in
            let sync = SyncCards(database: desk.database, gateway: desk.driver, now: context.clock.now)
            switch try await sync.run(row) {
            case .notRead(let failure): throw try desk.failure(failure)
            case .synced(let result):
                try await roles.apply(to: row.id, desk.database)
                try show(result, context)
                return .done
            }
        }
    }

    private func show(_ result: SyncCards.Result, _ context: Context) throws {
        var (added, changed, unchanged): ([String], [String], [String]) = ([], [], [])
        for stored in result.stored {
            switch stored {
            case .added(let id): added.append(id)
            case .changed(let id): changed.append(id)
            case .unchanged(let id): unchanged.append(id)
            case .customerNotHere: break
            }
        }
        let view = Synced(
            customer: customer, added: added, changed: changed, unchanged: unchanged, notAtGateway: result.missing)
        try context.output.show(view) {
            var table = Table([.left("PAYMENT METHOD"), .left("NOW")])
            for (ids, what) in [
                (added, "added"), (changed, "changed"), (unchanged, "unchanged"),
                (result.missing, "not at the gateway"),
            ] {
                for id in ids { table.add([id, what]) }
            }
            return table
        }
    }
}

struct PaymentMethodsSet: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Choose a customer's default and backup method.",
        discussion: """
            Subscriptions that name no method use the default one; the backup may be tried when it is declined.

            Examples:
              dunlin payment-methods set --customer cus_0042 --default pm_1 --backup pm_2
            """)

    @Option(help: .init("The customer, by the data file's id.", valueName: "id"))
    var customer: String
    @OptionGroup var roles: RoleOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    struct Chosen: Encodable, Sendable {
        let customer: String
        let `default`: String?
        let backup: [String]
    }

    func validate() throws {
        if roles.default == nil, roles.backup == nil { throw ValidationError("say --default or --backup") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let database = try context.openDatabase(try context.settings())
        defer { database.close() }
        let id = customer
        try await roles.apply(to: id, database)
        let methods = try await database.read { tx in try PaymentMethods.ofCustomer(id, tx) }
        let view = Chosen(
            customer: id, default: methods.first(where: \.isDefault)?.id,
            backup: methods.filter(\.isBackup).map(\.id))
        try context.output.show(view) {
            ["default: \(view.default ?? "none")", "backup: \(view.backup.joined(separator: ", "))"]
        }
        return .done
    }
}

/// Which method is tried first, and which next.
struct RoleOptions: ParsableArguments {
    @Option(help: .init("Make this method the default one.", valueName: "id"))
    var `default`: String?
    @Option(help: .init("Make this method the backup.", valueName: "id"))
    var backup: String?

    func validate() throws {
        if let `default`, `default` == backup { throw ValidationError("--default and --backup are the same method") }
    }

    /// - Throws: a `CommandFailure` when a method is not the customer's, or would be its own backup; nothing is changed
    ///   then.
    func apply(to customerID: String, _ database: Database) async throws {
        let wishes: [(PaymentMethod.Role, String)] = [(.default, `default`), (.backup, backup)].compactMap {
            role, id in id.map { (role, $0) }
        }
        guard !wishes.isEmpty else { return }
        try await database.write(step: "choose-methods") { tx in
            guard try Customers.find(customerID, tx) != nil else {
                throw CommandFailure(.badInput, "there is no customer \(customerID)")
            }
            for (role, id) in wishes {
                guard try PaymentMethods.find(id, tx)?.customerID == customerID else {
                    throw CommandFailure(.badInput, "customer \(customerID) has no payment method \(id)")
                }
                try PaymentMethods.set(role, to: id, of: customerID, tx)
            }
            for (_, id) in wishes {
                guard let row = try PaymentMethods.find(id, tx), row.isDefault, row.isBackup else { continue }
                throw CommandFailure(
                    .badInput, "\(id) would be default and backup: name the other method too, --default and --backup")
            }
        }
    }
}
