import ArgumentParser
import DunlinReports

/// `dunlin events list|show|replay|import`.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "What the gateways told by webhook, and what became of it.",
        discussion: """
            An event changes nothing by what it says: the object is read again at its gateway. So an event may be replayed
            or imported as often as one likes.

            Examples:
              dunlin events list --state failed
              dunlin events list --foreign --json
              dunlin events replay evt_1Nx7
              dunlin events import events.jsonl --gateway stripe
            """,
        subcommands: [List.self, Show.self, Replay.self, Import.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "States: received, applied, ignored, failed.")

        @Option(help: .init("Only events of this gateway.", valueName: "name"))
        var gateway: String?

        @Option(help: .init("Only events of this type, such as payment_intent.succeeded.", valueName: "type"))
        var type: String?

        @Flag(help: "Only events about objects that no debt of this database knows.")
        var foreign = false

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if options.customer != nil { throw ValidationError("events are not listed by customer") }
        }

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context) { filter in
                try ListReport.events(filter, gateway: gateway, type: type, isForeign: foreign)
            }
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One event: its allowed fields, and what became of it.")

        @Argument(help: "The event.") var id: String

        @Option(help: .init("Its gateway, where two have an event of this id.", valueName: "name"))
        var gateway: String?

        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let (id, gateway) = (id, gateway)
            return try await context.show { tx in try Story.event(id, gateway: gateway, tx) }
        }
    }

    struct Replay: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay", abstract: "Apply events once more in the next pass, whatever became of them.")

        @Argument(help: "The events.") var ids: [String] = []

        @Flag(help: "All that could not be applied.")
        var failed = false

        @Option(help: .init("Their gateway, where two have an event of the same id.", valueName: "name"))
        var gateway: String?

        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if ids.isEmpty != failed { throw ValidationError("name events, or all failed ones with --failed") }
        }

        func run(in context: Context) async throws -> ExitStatus {
            try await EventReplay(ids: ids, allFailed: failed, gateway: gateway).run(context)
        }
    }

    struct Import: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Take in events that were exported at a gateway: JSON, or a JSON object per line.",
            discussion: """
                For events that never arrived: an endpoint that was down, an inbox that was lost. Takes one event, an
                array, the gateway's list, or one of these per line; - reads standard input. All of the file, or nothing.

                Example:
                  stripe events list --limit 100 > events.json && dunlin events import events.json --gateway stripe
                """)

        @Argument(help: .init("The file.", valueName: "file")) var file: String

        @Option(help: .init("The gateway that the events are of.", valueName: "name"))
        var gateway: String

        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await EventImport(file: file, gateway: gateway).run(context)
        }
    }
}
