/// Writes aligned columns for a person.
///
/// The widths are taken from the first rows, which are held back until then; later rows are not kept, and a wider
/// cell of theirs pushes its line apart.
public struct TableWriter: RowSink {
    /// As many rows as are held back to find the widths.
    static let measuredRowsMax = 500
    private static let cellWidthMax = 48

    private let shown: Set<String>?
    private let lineWidth: Int?
    private let output: TextOutput
    private var columns: [ReportColumn] = []
    private var indexes: [Int] = []
    private var heldBack: [[String]] = []
    private var widths: [Int]?

    /// - Parameters:
    ///   - shown: the names of the columns to show, in the report's own order; nil for all.
    ///   - lineWidth: columns of the terminal; text is cut so that a line fits. Nil for no limit.
    public init(shown: [String]? = nil, lineWidth: Int? = nil, output: @escaping TextOutput) {
        self.shown = shown.map(Set.init)
        self.lineWidth = lineWidth
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
        widths = fitted(
            titles.indices.map { index in heldBack.reduce(titles[index].count) { max($0, $1[index].count) } })
        try output(line(titles))
        for texts in heldBack { try output(line(texts)) }
        heldBack = []
    }

    /// Takes from the widest text columns until a line fits; numbers are never cut.
    private func fitted(_ natural: [Int]) -> [Int] {
        guard let lineWidth else { return natural }
        var widths = natural
        var surplus = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - lineWidth
        while surplus > 0 {
            let texts = widths.indices.filter { !columns[indexes[$0]].isNumber && widths[$0] > Self.textWidthMin }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            surplus -= 1
        }
        return widths
    }

    private static let gap = "  "
    private static let textWidthMin = 8

    private func line(_ texts: [String]) -> String {
        let padded = zip(indexes, texts).enumerated().map { position, pair in
            let width = widths?[position] ?? 0
            let isNumber = columns[pair.0].isNumber
            let text = isNumber || lineWidth == nil ? pair.1 : Self.cut(pair.1, to: width)
            let blanks = String(repeating: " ", count: max(width - text.count, 0))
            return isNumber ? blanks + text : text + blanks
        }
        var text = padded.joined(separator: Self.gap)
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    private static func title(_ name: String) -> String { name.replacing("_", with: " ").uppercased() }

    /// One line, no control characters (a name must not move the reader's cursor), not too long.
    private static func fitted(_ text: String) -> String {
        let plain = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        return cut(plain, to: cellWidthMax)
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(max(width - 1, 0)) + "…" : text
    }
}
