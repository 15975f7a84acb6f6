import ArgumentParser
import DunlinCore
import DunlinDatabase
import DunlinJobs

/// `dunlin adopt`: this file, on this machine, with these keys, is the one that charges.
struct AdoptCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Let a copied or restored data file charge, or bind it to another account.",
        discussion: """
            A data file is bound to the account of its keys and, in live mode, to its place on this machine. Make sure
            that no other copy is in use before you adopt one: two copies would do the same work twice.

            Examples:
              dunlin adopt --reason "restored from last night's backup"
            """)

    @Option(help: .init("Why; kept in the activity.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Adopted: Encodable {
        let gateway: String
        let boundTo: String?
        let account: String
    }

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        return try await LiveBilling.use(context, settings) { live in try await adopt(context, settings, live) }
    }

    private func adopt(_ context: Context, _ settings: Settings, _ live: LiveBilling) async throws -> ExitStatus {
        let adoption = Adoption(billing: live.billing)
        let changes: [Adoption.Change]
        do {
            changes = try await adoption.look()
        } catch let error as AdoptionError {
            throw CommandFailure(.gateway, error.description)
        }
        if settings.mode == .live, !context.options.yes {
            throw CommandFailure(
                .badInput,
                "mode is live: say --yes once you are sure that no other copy of \(settings.database.path) is in use")
        }
        try await adoption.adopt(changes, reason: reason, actor: context.actor)
        try context.output.show(changes.map { Adopted(gateway: $0.gateway, boundTo: $0.boundTo, account: $0.account) })
        {
            changes.map { "\($0.gateway): bound to \($0.account)" } + ["\(settings.database.path) may charge here."]
        }
        return .done
    }
}
