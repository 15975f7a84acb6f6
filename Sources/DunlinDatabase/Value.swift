/// What one cell of the database holds, whichever engine is behind it.
public enum Value: Sendable, Hashable {
    case null
    case integer(Int64)
    /// Only for what is not money: money is whole minor units.
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// The kind of value, for error texts; never the value itself, which may be personal data.
    var kind: String {
        switch self {
        case .null: "NULL"
        case .integer: "an integer"
        case .real: "a real number"
        case .text: "text"
        case .blob: "a blob"
        }
    }
}
