/// Rows under headings, aligned by columns, cut to the width of a terminal.
struct Table: Sendable {
    enum Alignment: Sendable {
        case left
        /// For numbers.
        case right
    }

    struct Column: Sendable {
        let title: String
        let alignment: Alignment

        static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }
        static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        for row in rows { add(row) }
    }

    /// One cell per column.
    mutating func add(_ row: [String]) {
        precondition(row.count == columns.count, "a row of \(row.count) cells in a table of \(columns.count) columns")
        rows.append(row.map { String($0.map { $0.isNewline || $0 == "\t" ? " " : $0 }) })
    }

    /// The table's lines; cells are cut, widest text columns first, when they do not fit the width.
    ///
    /// - Parameter width: in columns of a terminal; nil for no limit.
    func lines(width: Int?, emphasizeTitles: (String) -> String = { $0 }) -> [String] {
        let widths = fitted(naturalWidths, into: width)
        let titles = line(columns.map(\.title), widths)
        return [emphasizeTitles(titles)] + rows.map { line($0, widths) }
    }

    private static let gap = 2
    private static let leastWidth = 8

    private var naturalWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(columns[index].title.columnWidth) { max($0, $1[index].columnWidth) }
        }
    }

    private func fitted(_ natural: [Int], into width: Int?) -> [Int] {
        guard let width else { return natural }
        var widths = natural
        var surplus = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
        while surplus > 0 {
            let candidates = widths.indices.filter { columns[$0].alignment == .left && widths[$0] > Self.leastWidth }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            surplus -= 1
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = cell.cut(toColumns: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - text.columnWidth))
            if index > 0 { line += String(repeating: " ", count: Self.gap) }
            line += columns[index].alignment == .right ? padding + text : text + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

extension String {
    /// How many columns of a terminal the text takes: two for the wide characters of East Asia and for emoji.
    var columnWidth: Int { reduce(0) { $0 + $1.columnWidth } }

    fileprivate func cut(toColumns limit: Int) -> String {
        guard columnWidth > limit else { return self }
        var text = ""
        var width = 0
        for character in self {
            if width + character.columnWidth > limit - 1 { break }
            text.append(character)
            width += character.columnWidth
        }
        return text + "…"
    }
}

extension Character {
    fileprivate var columnWidth: Int {
        guard let scalar = unicodeScalars.first?.value, scalar >= 0x1100 else { return 1 }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(scalar) } ? 2 : 1
    }
}
