/// Takes out of a text what must never be stored or shown (money.md 26).
public enum Redaction {
    /// The text with every run of 13 to 19 digits that passes the Luhn check masked but for its last four, every key
    /// and webhook secret cut, and the query of every URL cut off. Blanks and dashes between the digits do not hide a
    /// number.
    public static func clean(_ text: String) -> String { maskKeys(maskCardNumbers(cutQueries(text))) }

    /// A secret key or webhook secret that somebody wrote where none belongs keeps only its prefix.
    public static func maskKeys(_ text: String) -> String {
        guard text.holds("k_") || text.holds("whsec_") else { return text }
        return text.replacing(/([sr]k_(?:test|live)_|whsec_)[A-Za-z0-9]{4,}/) { "\($0.output.1)…" }
    }

    /// True when the text holds what can only be a card number: the digits begin as cards do (2 to 6) and are not
    /// glued to a letter or underscore, as the digits of a gateway's id such as `pm_1953045864444320001` are.
    public static func holdsCardNumber(_ text: String) -> Bool {
        guard mayHoldCardNumber(text) else { return false }
        let characters = Array(text)
        return cardNumberRanges(characters).contains { range in
            let before = range.lowerBound > 0 ? characters[range.lowerBound - 1] : " "
            return ("2"..."6").contains(characters[range.lowerBound]) && !before.isLetter && before != "_"
        }
    }

    public static func maskCardNumbers(_ text: String) -> String {
        guard mayHoldCardNumber(text) else { return text }
        var characters = Array(text)
        for range in cardNumberRanges(characters).reversed() {
            let lastFour = characters[range].filter(\.isASCIIDigit).suffix(4)
            characters.replaceSubrange(range, with: Array("••••") + lastFour)
        }
        return String(characters)
    }

    static func cutQueries(_ text: String) -> String {
        guard text.holds("://"), text.holds("?") else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard word.contains("://"), let mark = word.firstIndex(of: "?") else { return String(word) }
            return word[..<mark] + "?…"
        }.joined(separator: " ")
    }

    /// Most texts have too few digits to be looked at closely.
    private static func mayHoldCardNumber(_ text: String) -> Bool {
        text.utf8.reduce(0) { $0 + ((UInt8(ascii: "0")...UInt8(ascii: "9")).contains($1) ? 1 : 0) } >= digitsMin
    }

    /// The shortest numbers that cards have.
    private static let digitsMin = 13

    /// Maximal runs of digits (single blanks and dashes allowed inside) of 13 to 19 digits that pass Luhn.
    private static func cardNumberRanges(_ characters: [Character]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < characters.count {
            guard characters[index].isASCIIDigit else {
                index += 1
                continue
            }
            let end = endOfRun(characters, from: index)
            let digits = characters[index..<end].compactMap(\.wholeNumberValueOfASCII)
            if (digitsMin...19).contains(digits.count), passesLuhn(digits) { ranges.append(index..<end) }
            index = end
        }
        return ranges
    }

    private static func endOfRun(_ characters: [Character], from start: Int) -> Int {
        var end = start + 1
        while end < characters.count {
            if characters[end].isASCIIDigit {
                end += 1
            } else if characters[end] == " " || characters[end] == "-",
                end + 1 < characters.count, characters[end + 1].isASCIIDigit
            {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    static func passesLuhn(_ digits: [Int]) -> Bool {
        let sum = digits.reversed().enumerated().reduce(0) { sum, pair in
            guard pair.offset % 2 == 1 else { return sum + pair.element }
            return sum + (pair.element > 4 ? pair.element * 2 - 9 : pair.element * 2)
        }
        return sum % 10 == 0
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var wholeNumberValueOfASCII: Int? { isASCIIDigit ? wholeNumberValue : nil }
}
