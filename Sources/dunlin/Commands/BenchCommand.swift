import ArgumentParser
import Foundation
import Logging

/// `dunlin bench`: how fast this machine does it, and how fast it could at most.
struct BenchCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure queue, planning, charging, inbox and sandbox, each beside a floor of the same run.",
        discussion: """
            queue: jobs added, and taken and finished, beside SQLite's C interface. planning: invoices, beside one
            INSERT … SELECT. charging: against dunlin sandbox in another process, beside a bare HTTP client. inbox: signed
            webhooks, on the disk before the answer, beside a handler that does nothing on the same HTTP server. sandbox: its
            answers, beside a handler that does nothing on the same HTTP server; and its memory. Each rate is the
            median of three rounds. How to read them: docs/benchmarks.md.

            Examples:
              dunlin bench
              dunlin bench queue --size 20000
              dunlin bench charging --json
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case queue, planning, charging, inbox, sandbox

        var size: Int { self == .charging ? 1000 : 10_000 }
    }

    @Argument(help: .init("Which; all without it.", valueName: "part"))
    var parts: [Part] = []

    @Option(help: .init("Jobs, invoices, charges or requests in a round.", valueName: "number"))
    var size: Int?

    @Option(help: .init("On which disk: the data files go there and are deleted in the end.", valueName: "dir"))
    var directory = "."

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        if let size, !(1...1_000_000).contains(size) { throw ValidationError("--size takes 1 to 1000000") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        if global.logLevel == nil { LineLogHandler.setLevel(.error) }
        let folder = "\(directory)/dunlin-bench-\(Chance.bits())"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.badInput, "nothing can be written in \(directory)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var rows: [BenchRow] = []
        for part in parts.isEmpty ? Part.allCases : parts {
            context.output.remark("measuring \(part.rawValue) …")
            let setting = BenchSetting(
                folder: folder, size: size ?? part.size, clock: context.clock, log: context.log)
            rows += try await Self.measure(part, setting)
        }
        try context.output.show(rows) { Self.table(rows) }
        return .done
    }

    private static func measure(_ part: Part, _ setting: BenchSetting) async throws -> [BenchRow] {
        do {
            switch part {
            case .queue: return try await QueueBench(setting: setting).run()
            case .planning: return try await PlanningBench(setting: setting).run()
            case .charging: return try await ChargingBench(setting: setting).run()
            case .inbox: return try await InboxBench(setting: setting).run()
            case .sandbox: return try await SandboxBench(setting: setting).run()
            }
        } catch let error as BenchError {
            throw CommandFailure(.needsPerson, error.description)
        }
    }

    private static func table(_ rows: [BenchRow]) -> Table {
        var table = Table([
            .left("MEASURED"), .right("FIGURE"), .left("UNIT"), .right("FLOOR"), .right("RATIO"), .left("TARGET"),
        ])
        for row in rows {
            let target = row.met.map { "\($0 ? "met" : "missed"): \(BenchRow.target)" } ?? ""
            table.add([
                row.name, text(row.value), row.unit, row.floor.map(text) ?? "", row.ratio.map(text) ?? "", target,
            ])
        }
        return table
    }

    private static func text(_ value: Double) -> String { value >= 100 ? String(Int(value)) : String(value) }
}
