/// JSON written by hand, so that the order of keys is ours and a row costs no encoder.
enum JSONText {
    /// The text as a JSON string, quotes included.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{2028}", "\u{2029}": result += escaped(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += escaped(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Numbers as numbers; money as text in major units, since a JSON number would pass through a binary fraction.
    static func value(_ cell: Cell) -> String {
        switch cell {
        case .empty: "null"
        case .integer(let number): String(number)
        case .text, .money, .date, .time: quoted(cell.plainText)
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
