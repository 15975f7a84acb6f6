import Foundation

/// Where a command's result goes: standard output, as a text for people or as JSON for programs. Never a log line.
struct Output: Sendable {
    let isJSON: Bool
    let isQuiet: Bool
    let usesColor: Bool
    /// Columns of the terminal; nil when the output is no terminal.
    let width: Int?

    /// The result in the form that was asked for.
    ///
    /// - Parameters:
    ///   - value: what `--json` writes: one line, or indented when a person is looking.
    ///   - text: the lines for people.
    func show(_ value: some Encodable, text: () -> [String]) throws {
        if isJSON {
            StandardStreams.writeOutput(try Self.json(value, isIndented: width != nil) + "\n")
        } else {
            show(lines: text())
        }
    }

    func show(_ value: some Encodable, table: () -> Table) throws {
        try show(value) { lines(of: table()) }
    }

    /// Lines for people; nothing with `--json`.
    func show(lines: [String]) {
        guard !isJSON, !lines.isEmpty else { return }
        StandardStreams.writeOutput(lines.joined(separator: "\n") + "\n")
    }

    /// Something by the way, for people only: to standard error, and not with `--quiet`.
    func remark(_ text: String) {
        if !isQuiet { StandardStreams.writeError(text + "\n") }
    }

    /// What the reader must know, quiet or not: to standard error.
    func complain(_ text: String) { StandardStreams.writeError(text + "\n") }

    func lines(of table: Table) -> [String] { table.lines(width: width, emphasizeTitles: emphasized) }

    func emphasized(_ text: String) -> String { styled(text, "1") }
    func good(_ text: String) -> String { styled(text, "32") }
    func bad(_ text: String) -> String { styled(text, "31") }
    func faint(_ text: String) -> String { styled(text, "2") }

    /// JSON with snake_case keys in a stable order.
    static func json(_ value: some Encodable, isIndented: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func styled(_ text: String, _ code: String) -> String {
        usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
