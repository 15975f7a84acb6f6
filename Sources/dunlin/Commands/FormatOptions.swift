import ArgumentParser
import DunlinReports

/// In which form a list is written, and where to.
struct FormatOptions: ParsableArguments {
    enum Name: String, ExpressibleByArgument, CaseIterable {
        case table, csv, json
    }

    @Option(help: .init("table, csv or json.", valueName: "form"))
    var format: Name?

    @Option(help: .init("Write FILE, and FILE.manifest.json with sums and checksum.", valueName: "file"))
    var out: String?

    @Flag(help: "CSV: leave text that looks like a formula as it is.")
    var raw = false

    @Flag(help: "CSV: begin with the mark that tells Excel the encoding.")
    var excel = false

    @Flag(help: "Table: all columns.")
    var wide = false

    func validate() throws {
        if (raw || excel) && format != .csv && !(format == nil && out?.hasSuffix(".csv") == true) {
            throw ValidationError("--raw and --excel go with --format csv")
        }
    }

    /// - Parameters:
    ///   - isJSON: `--json` was given.
    ///   - width: of the terminal; nil for none.
    func reportFormat(isJSON: Bool, width: Int?) throws -> ReportFormat {
        if isJSON, let format, format != .json {
            throw ValidationError("--json contradicts --format \(format.rawValue)")
        }
        switch isJSON ? .json : format ?? byFileName {
        case .table: return .table(isWide: wide, lineWidth: wide || out != nil ? nil : width)
        case .csv: return .csv(isRaw: raw, forExcel: excel)
        case .json: return .json
        }
    }

    private var byFileName: Name {
        guard let out else { return .table }
        if out.hasSuffix(".json") { return .json }
        return out.hasSuffix(".txt") ? .table : .csv
    }
}
