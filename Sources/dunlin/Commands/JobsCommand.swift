import ArgumentParser
import DunlinJobs
import DunlinReports

/// `dunlin jobs list|show|retry|discard`.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "The work on the queue; retry or discard what is dead.",
        discussion: """
            Examples:
              dunlin jobs list --state dead
              dunlin jobs retry 42 --reason "the gateway's outage is over"
            """,
        subcommands: [List.self, Show.self, Retry.self, Discard.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "States: ready, running, done, dead.")

        @Option(help: .init("Only jobs of this kind.", valueName: "kind"))
        var kind: String?

        @Option(help: .init("Only jobs of this queue: a gateway's name, or default.", valueName: "name"))
        var queue: String?

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if options.customer != nil { throw ValidationError("jobs are not listed by customer") }
        }

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context) { filter in try JobList(filter, kind: kind, queue: queue) }
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One job with its lease and last error.")

        @Argument(help: "The job.") var id: Int64
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.job(id, tx) }
        }
    }

    struct Retry: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Make dead jobs ready with all their runs, and waiting ones due now.",
            discussion: """
                Examples:
                  dunlin jobs retry 42 --reason "the gateway's outage is over"
                  dunlin jobs retry --filter state=dead,kind=charge-invoice --max-rate 60/min --reason "outage over"
                """)

        @Argument(help: "The jobs.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup var rate: PaceOption
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> JobVerb { .retry }
        var paceMilliseconds: Int64? { rate.maxRate?.milliseconds }
    }

    struct Discard: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "discard", abstract: "Give jobs up; an invoice that one would have charged is put on hold.")

        @Argument(help: "The jobs.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> JobVerb { .discard }
    }
}
