import ArgumentParser
import DunlinCore

/// `dunlin check`: everything that can be wrong before anything is started.
struct CheckCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check settings, schedule, data file and keys; start nothing.",
        discussion: """
            Every problem is listed, with file and line. Exit status: 2 for settings, schedule or policy, 3 for keys
            and gateways, 4 for the data file.

            Examples:
              dunlin check
              dunlin check --config /etc/dunlin --online
            """)

    @Flag(help: "Also ask each gateway whose key it is and what time it is there.")
    var online = false

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Report: Encodable {
        let ok: Bool
        let findings: [Finding]
    }

    func run(in context: Context) async throws -> ExitStatus {
        var checks = Checks(context)
        checks.checkFiles()
        await checks.checkDatabase()
        checks.checkSource()
        checks.checkRecovery()
        checks.checkGateways()
        if online { await checks.askGateways() }
        let findings = checks.findings
        let problems = findings.filter { $0.level == .problem }
        try context.output.show(Report(ok: problems.isEmpty, findings: findings)) {
            findings.map { Self.line($0, context.output) } + [Self.summary(findings)]
        }
        return Self.status(problems)
    }

    /// The first that must be mended: a wrong setting may be the cause of everything below it.
    private static func status(_ problems: [Finding]) -> ExitStatus {
        let areas = Set(problems.map(\.area))
        if !areas.isDisjoint(with: [.settings, .notices, .schedule, .dunning, .source]) { return .badInput }
        if areas.contains(.gateway) { return .gateway }
        return areas.contains(.database) ? .database : .done
    }

    private static func line(_ finding: Finding, _ output: Output) -> String {
        let mark =
            switch finding.level {
            case .fact: output.good("ok      ")
            case .warning: output.emphasized("warning ")
            case .problem: output.bad("problem ")
            }
        let area = finding.area.rawValue
        let padding = String(repeating: " ", count: max(0, Finding.Area.widthMax - area.count))
        return "\(mark) \(area)\(padding)  \(finding.text)"
    }

    private static func summary(_ findings: [Finding]) -> String {
        let problems = findings.count { $0.level == .problem }
        let warnings = findings.count { $0.level == .warning }
        return "\(problems.counted("problem")), \(warnings.counted("warning"))"
    }
}

/// One line of `dunlin check`.
struct Finding: Encodable, Sendable {
    enum Area: String, Encodable, Sendable, CaseIterable {
        case settings, notices, schedule, dunning, calendar, currencies, database, source, recovery, gateway

        static let widthMax = allCases.map(\.rawValue.count).max() ?? 0
    }

    enum Level: String, Encodable, Sendable {
        case fact, warning, problem
    }

    let area: Area
    let level: Level
    let text: String
}
