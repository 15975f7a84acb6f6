import DunlinCore
import DunlinReports

/// Writes a report where it was asked to go, and its manifest beside a file.
struct ReportRun {
    private let context: Context
    private let settings: Settings
    private let options: FormatOptions

    init(_ context: Context, _ settings: Settings, _ options: FormatOptions) {
        self.context = context
        self.settings = settings
        self.options = options
    }

    /// - Parameter asOf: the day that the report is about, if any.
    func run(_ report: some Report, asOf: AccountingDay?) async throws -> ExitStatus {
        let format = try options.reportFormat(isJSON: context.output.isJSON, width: context.output.width)
        guard let path = options.out else {
            let totals = try await context.look(settings) { tx in
                try ReportOutput.writeToStandardOutput(report, as: format, tx)
            }
            context.output.remark(Self.summary(totals))
            return .done
        }
        let written = try await context.look(settings) { tx in
            try ReportOutput.write(report, as: format, toFile: path, tx)
        }
        let manifest = Manifest(
            report, asOf: asOf, zone: settings.accountingZone, format: format, totals: written.totals,
            bytes: written.bytes, sha256: written.sha256, writtenAt: context.clock.now(), version: Version.current)
        try ReportOutput.write(try Output.json(manifest, isIndented: true) + "\n", toFile: "\(path).manifest.json")
        context.output.remark("\(path): \(Self.summary(written.totals))")
        return .done
    }

    private static func summary(_ totals: ReportTotals) -> String {
        let sums = totals.totals.map { ", \($0.amount) in \($0.rows)" }.joined()
        let failing = totals.problemTotals.map { ", \($0.amount) in \($0.rows)" }.joined()
        let problems = totals.problems == 0 ? "" : "; \(totals.problems) with a problem\(failing)"
        return "\(totals.rows.counted("row"))\(sums)\(problems)"
    }
}
