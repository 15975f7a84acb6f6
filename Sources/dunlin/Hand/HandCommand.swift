import ArgumentParser
import DunlinJobs

/// A verb that a person says about one row or many: `dunlin invoices void`, `dunlin jobs retry`.
protocol HandCommand: DunlinCommand {
    associatedtype Verb: HandVerb

    var ids: [Verb.ID] { get }
    var hand: HandOptions { get }
    /// How far what follows is spread over time; nil for all at once.
    var paceMilliseconds: Int64? { get }

    func verb(_ context: Context) throws -> Verb
}

extension HandCommand {
    var paceMilliseconds: Int64? { nil }

    func validate() throws { try hand.check(idCount: ids.count) }

    func run(in context: Context) async throws -> ExitStatus { try await decide(context) }

    /// What `run` does where a command adds nothing of its own.
    func decide(_ context: Context) async throws -> ExitStatus {
        let name = Self.configuration.commandName ?? ""
        return try await HandRun(
            verb: try verb(context), command: "\(Verb.noun)s \(name)", options: hand, paceMilliseconds: paceMilliseconds
        ).run(ids, context)
    }
}
