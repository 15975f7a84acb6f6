/// Writes aligned columns for a person.
///
/// The widths are taken from the first rows, which are held back until then; later rows are not kept, and a wider
/// cell of theirs pushes its line apart.
public struct TableWriter: RowSink {
    /// As many rows as are held back to find the widths.
    static let measuredRowsMax = 500
    private static let cellWidthMax = 48

    private let shown: Set<String>?
    private let output: TextOutput
    private var columns: [ReportColumn] = []
    private var indexes: [Int] = []
    private var heldBack: [[String]] = []
    private var widths: [Int]?

    /// - Parameter shown: the names of the columns to show, in the report's own order; nil for all.
    public init(shown: [String]? = nil, output: @escaping TextOutput) {
        self.shown = shown.map(Set.init)
        self.output = output
    }

    public mutating func begin(_ columns: [ReportColumn]) throws {
        self.columns = columns
        indexes = columns.indices.filter { shown?.contains(columns[$0].name) ?? true }
    }

    public mutating func write(_ cells: [Cell]) throws {
        let texts = indexes.map { Self.fitted(cells[$0].plainText) }
        guard widths == nil else { return try output(line(texts)) }
        heldBack.append(texts)
        if heldBack.count >= Self.measuredRowsMax { try release() }
    }

    public mutating func end() throws {
        if widths == nil { try release() }
    }

    private mutating func release() throws {
        let titles = indexes.map { Self.title(columns[$0].name) }
        widths = titles.indices.map { index in
            heldBack.reduce(titles[index].count) { max($0, $1[index].count) }
        }
        try output(line(titles))
        for texts in heldBack { try output(line(texts)) }
        heldBack = []
    }

    private func line(_ texts: [String]) -> String {
        let padded = zip(indexes, texts).enumerated().map { position, pair in
            let blanks = String(repeating: " ", count: max((widths?[position] ?? 0) - pair.1.count, 0))
            return columns[pair.0].isNumber ? blanks + pair.1 : pair.1 + blanks
        }
        var text = padded.joined(separator: "  ")
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    private static func title(_ name: String) -> String { name.replacing("_", with: " ").uppercased() }

    /// One line, no control characters (a name must not move the reader's cursor), not too long.
    private static func fitted(_ text: String) -> String {
        let plain = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        return plain.count > cellWidthMax ? plain.prefix(cellWidthMax - 1) + "…" : plain
    }
}
