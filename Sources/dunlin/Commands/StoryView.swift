import DunlinDatabase
import DunlinReports

/// How a story is shown to a person: its fields, then a table for each part that has rows.
struct StoryView {
    let story: Story
    let output: Output

    var lines: [String] {
        let shown = story.fields.filter { $0.cell != .empty }
        let width = shown.map(\.name.count).max() ?? 0
        let fields = shown.map { field in
            let blanks = String(repeating: " ", count: width - field.name.count)
            return "  \(Self.label(field.name))\(blanks)  \(Self.singleLine(field.cell.plainText))"
        }
        return [output.emphasized(Self.capitalized(story.title))] + fields + story.parts.flatMap(lines(of:))
    }

    /// Columns in which no row has anything are left out.
    private func lines(of part: Story.Part) -> [String] {
        guard !part.rows.isEmpty else { return [] }
        let used = part.columns.indices.filter { index in part.rows.contains { $0[index] != .empty } }
        var table = Table(used.map { Self.column(part.columns[$0]) })
        for row in part.rows { table.add(used.map { row[$0].plainText }) }
        return ["", output.emphasized(Self.capitalized(Self.label(part.name)))]
            + output.lines(of: table).map { "  \($0)" }
    }

    private static func column(_ column: ReportColumn) -> Table.Column {
        let title = label(column.name).uppercased()
        return column.kind == .integer || column.kind == .money ? .right(title) : .left(title)
    }

    private static func label(_ name: String) -> String { name.replacing("_", with: " ") }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// A name or note must not move the reader's cursor.
    private static func singleLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}

extension Context {
    /// Reads a story and shows it.
    func show(_ read: @escaping @Sendable (Transaction) throws -> Story) async throws -> ExitStatus {
        let story = try await look(try settings(), read)
        try output.show(story) { StoryView(story: story, output: output).lines }
        return .done
    }
}
