import ArgumentParser
import DunlinReports

/// `dunlin notices list|show|resend`.
struct NoticesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices",
        abstract: "What customers and your application were told, and what could not be.",
        discussion: """
            Notices are sent by notices.sink of the settings; docs/notices.md has every field of what is sent. One that is
            not true any more when it is to be sent is dropped, with the reason.

            Examples:
              dunlin notices list --state failed
              dunlin notices list --customer c-17
              dunlin notices resend --failed --reason "the mail server is back"
            """,
        subcommands: [List.self, Show.self, Resend.self])

    struct List: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "States: ready, listed, sent, dropped, failed.")

        @Option(help: .init("Only notices of this kind, such as payment_failed.", valueName: "kind"))
        var kind: String?

        @Option(help: .init("Only notices about this invoice.", valueName: "id"))
        var invoice: Int64?

        @OptionGroup var options: ListOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            try await options.run(context) { filter in
                var filter = filter
                filter.invoiceID = invoice
                return try ListReport.notices(filter, kind: kind)
            }
        }
    }

    struct Show: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One notice, and what became of it.")

        @Argument(help: "Its number, or its id (ntc_…).") var id: String
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func run(in context: Context) async throws -> ExitStatus {
            let id = id
            return try await context.show { tx in try Story.notice(id, tx) }
        }
    }

    struct Resend: DunlinCommand {
        static let configuration = CommandConfiguration(
            commandName: "resend",
            abstract: "Send notices once more in the next pass, whatever became of them.",
            discussion: """
                With the same id, so that a receiver who had it already knows it again. One that is not true any more is
                dropped then, not sent.
                """)

        @Argument(help: "Their numbers or ids (ntc_…).") var ids: [String] = []

        @Flag(help: "All that nobody took.")
        var failed = false

        @Option(help: .init("Why; kept.", valueName: "text"))
        var reason: String

        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func validate() throws {
            if ids.isEmpty != failed { throw ValidationError("name notices, or all that nobody took with --failed") }
            if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty") }
        }

        func run(in context: Context) async throws -> ExitStatus {
            try await NoticeResend(ids: ids, allFailed: failed, reason: reason).run(context)
        }
    }
}
