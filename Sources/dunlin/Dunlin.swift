import ArgumentParser
import Foundation
import Logging

/// The program: reads its arguments, runs one command, and ends with one of the statuses of `ExitStatus`.
@main struct Dunlin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dunlin",
        abstract: "Charges subscriptions: each period once, and tells who owes what and why.",
        usage: "dunlin <command> [<options>]",
        discussion: """
            Try it without a key or a network:
              dunlin demo
            Bill for real, from cron:
              dunlin init && dunlin import *.csv
              dunlin run --once

            Exit status: 0 done, 1 needs a person, 2 bad flag, setting or file, 3 key or gateway, 4 database.
            """,
        version: Version.current,
        groupedSubcommands: CommandTree.groups)

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    static func main() async {
        LoggingSystem.bootstrap { LineLogHandler(label: $0) }
        Foundation.exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Runs the command of these arguments and reports its error, if any, on standard error.
    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return end(with: error, arguments)
        }
    }

    private static func end(with error: any Error, _ arguments: [String]) -> ExitStatus {
        if let code = error as? ExitCode { return ExitStatus(rawValue: code.rawValue) ?? .needsPerson }
        let code = exitCode(for: error)
        if code.isSuccess {
            StandardStreams.writeOutput(fullMessage(for: error) + "\n")
            return .done
        }
        if code == .validationFailure {
            StandardStreams.writeError(fullMessage(for: error) + "\n" + hint(arguments))
            return .badInput
        }
        let report = FailureReport(error)
        if !report.text.isEmpty { StandardStreams.writeError("Error: \(report.text)\n") }
        return report.status
    }

    /// The command that was most likely meant, where the first word is none.
    private static func hint(_ arguments: [String]) -> String {
        let names = configuration.subcommands.map { $0._commandName }
        guard let word = arguments.first, !word.hasPrefix("-"), !(names + ["help"]).contains(word),
            let nearest = names.min(by: { $0.distance(to: word) < $1.distance(to: word) }),
            nearest.distance(to: word) <= 2
        else { return "" }
        return "Did you mean: dunlin \(nearest)\n"
    }
}
