/// A card as it is printed: the number, the code, the date. Lives in memory for one request and prints as nothing.
public struct CardData: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public enum Problem: String, Error, Hashable, Sendable {
        case number, expiry, code
    }

    /// 12 to 19 digits that pass the Luhn check.
    public let number: Secret
    /// `01` to `12`.
    public let expMonth: String
    /// Four digits.
    public let expYear: String
    /// Three or four digits; nil where none was given.
    public let code: Secret?
    public let holder: String?

    /// - Throws: which part is not one. The error holds nothing of the data.
    public init(
        number: String, expMonth: String, expYear: String, code: String?, holder: String? = nil
    ) throws(Problem) {
        let digits = number.filter { $0 != " " && $0 != "-" }
        let values = digits.compactMap { $0.isASCII ? $0.wholeNumberValue : nil }
        guard values.count == digits.count, (12...19).contains(values.count), Redaction.passesLuhn(values) else {
            throw .number
        }
        guard let month = Self.number(expMonth), (1...12).contains(month), expYear.count == 4,
            let year = Self.number(expYear), (2000...2199).contains(year)
        else { throw .expiry }
        if let code { guard (3...4).contains(code.count), Self.number(code) != nil else { throw .code } }
        self.number = Secret(digits)
        self.expMonth = month < 10 ? "0\(month)" : String(month)
        self.expYear = String(year)
        self.code = code.map(Secret.init)
        self.holder = holder
    }

    public var description: String { "card …" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
