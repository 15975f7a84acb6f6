import DunlinCalendar
import DunlinCore

/// Reads the typed fields of one row, and gathers what is wrong with each.
///
/// Every function answers nil when the cell holds no value or a wrong one; `problems` tells the two apart.
struct RowFields {
    let row: InputRow
    let table: ImportTable
    let file: String
    private(set) var problems: [ImportProblem] = []
    private let columnOf: [String: Int]

    init(_ row: InputRow, table: ImportTable, columnOf: [String: Int], file: String) {
        self.row = row
        self.table = table
        self.columnOf = columnOf
        self.file = file
        refuseCardNumbers()
    }

    /// An id of the owner's, or one that refers to another row.
    mutating func identifier(_ column: String, isNeeded: Bool = true) -> String? {
        guard let text = text(column, isNeeded: isNeeded, bytesMax: 255) else { return nil }
        guard text.trimmed == text, !text.contains(where: \.isNewline), !text.utf8.contains(Byte.tab) else {
            return refuse(column, "\(shown(text)) begins or ends with a blank, or is more than one line")
        }
        return text
    }

    /// An id that a gateway gave: it goes into addresses and headers.
    mutating func gatewayID(_ column: String, isNeeded: Bool = true) -> String? {
        guard let text = text(column, isNeeded: isNeeded, bytesMax: 255) else { return nil }
        guard text.utf8.allSatisfy(\.isGatewayIDByte) else {
            return refuse(column, "\(shown(text)) is not an id of a gateway: letters, digits and _ - . : only")
        }
        return text
    }

    /// Free text; nil when empty.
    mutating func text(_ column: String, isNeeded: Bool = false, bytesMax: Int = 500) -> String? {
        guard let text = plainText(column, isNeeded: isNeeded, typedValues: nil) else { return nil }
        guard text.utf8.count <= bytesMax else { return refuse(column, "is longer than \(bytesMax) bytes") }
        guard !text.unicodeScalars.contains(where: \.isForbidden) else {
            return refuse(column, "\(shown(text)) holds a control character")
        }
        return text
    }

    /// A whole number within `range`.
    mutating func integer(
        _ column: String, _ range: ClosedRange<Int64>, isNeeded: Bool = true, hint: String? = nil
    ) -> Int64? {
        guard let text = plainText(column, isNeeded: isNeeded, typedValues: .number) else { return nil }
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        guard !digits.isEmpty, text.utf8.count - digits.count <= 1, digits.allSatisfy(\.isDigit) else {
            return refuse(column, "\(shown(text)) is not a whole number" + (hint.map { "; \($0)" } ?? ""))
        }
        guard let number = Int64(text) else { return refuse(column, "\(shown(text)) does not fit into 64 bits") }
        guard range.contains(number) else { return refuse(column, range.words(for: number)) }
        return number
    }

    /// True or false; false when empty.
    mutating func flag(_ column: String) -> Bool? {
        switch value(column) {
        case .flag(let flag): return flag
        case .null: return false
        default: break
        }
        guard let text = plainText(column, isNeeded: false, typedValues: .number) else {
            return problems.contains { $0.column == column } ? nil : false
        }
        switch text.lowercased() {
        case "1", "true", "t", "yes", "y": return true
        case "0", "false", "f", "no", "n": return false
        default: return refuse(column, "\(shown(text)) is neither true, false, 1, 0, yes nor no")
        }
    }

    /// Notes what is wrong with a column and answers nil, which fits every caller's result. One problem per column.
    @discardableResult
    mutating func refuse<T>(_ column: String, _ reason: String, as type: T.Type = T.self) -> T? {
        if !problems.contains(where: { $0.column == column }) { problems.append(problem(column, reason)) }
        return nil
    }

    /// Something to tell about a column of this row.
    func problem(_ column: String, _ reason: String) -> ImportProblem {
        let position = columnOf[column].flatMap { row.cells[$0].position }
        return ImportProblem(file: file, line: row.line, column: column, position: position, reason: reason)
    }

    private enum TypedValues { case number }

    /// The text of a cell; a number's or a flag's only where such is due.
    private mutating func plainText(_ column: String, isNeeded: Bool, typedValues: TypedValues?) -> String? {
        switch value(column) {
        case .text(let text) where !text.isEmpty: return text
        case .text, .null: return isNeeded ? refuse(column, "is empty; it needs a value") : nil
        case .absent:
            let isRequired = table.requiredColumns.contains(column)
            return isRequired ? refuse(column, "is missing; it may be null where there is no value") : nil
        case .number(let number) where typedValues == .number: return number
        case .number(let number):
            return refuse(column, "is the number \(shown(number)); write it as text, in quotes")
        case .flag: return refuse(column, "is true or false, which does not belong here")
        case .invalid(let reason): return refuse(column, reason)
        }
    }

    private func value(_ column: String) -> Cell.Value { columnOf[column].map { row.cells[$0].value } ?? .absent }

    /// A card number has no place in any column (P9); nothing else about such a cell is worth saying.
    private mutating func refuseCardNumbers() {
        for (column, cell) in zip(table.columns, row.cells) {
            switch cell.value {
            case .text(let text), .number(let text):
                // Most cells have too few digits for the dearer look.
                guard text.utf8.count(where: \.isDigit) >= 13, Redaction.holdsCardNumber(text) else { continue }
                let masked = shown(text)
                refuse(
                    column, "\(masked) looks like a card number; give the gateway's id of the saved card", as: Int.self)
            case .absent, .null, .flag, .invalid: continue
            }
        }
    }
}

extension ClosedRange<Int64> {
    fileprivate func words(for number: Int64) -> String {
        if number < lowerBound { return "must be at least \(lowerBound), not \(number)" }
        return "must be at most \(upperBound), not \(number)"
    }
}

extension UInt8 {
    fileprivate var isGatewayIDByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"): true
        default: isDigit
        }
    }
}

extension Unicode.Scalar {
    /// Control characters but for line ends and tabs.
    fileprivate var isForbidden: Bool {
        properties.generalCategory == .control && self != "\n" && self != "\r" && self != "\t"
    }
}
