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
        let ranges = cardNumberRanges(characters)
        if ranges.isEmpty { return text }
        for range in ranges.reversed() {
            let lastFour = characters[range].filter(\.isASCIIDigit).suffix(4)
            characters.replaceSubrange(range, with: Array("••••") + lastFour)
        }
        // The last four may be the beginning of another number with what follows them.
        return maskCardNumbers(String(characters))
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

    /// Maximal runs of digits (single blanks and dashes allowed inside) of 13 to 19 digits that pass Luhn, and what
    /// does so within other runs, as where an expiry date, a security code or a second number follows.
    private static func cardNumberRanges(_ characters: [Character]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < characters.count {
            guard characters[index].isASCIIDigit else {
                index += 1
                continue
            }
            let end = endOfRun(characters, from: index)
            if isCardNumber(characters[index..<end]) {
                ranges.append(index..<end)
            } else {
                ranges += cardNumbers(within: characters[index..<end])
            }
            index = end
        }
        return ranges
    }

    private static func isCardNumber(_ characters: ArraySlice<Character>) -> Bool {
        let digits = characters.compactMap(\.wholeNumberValueOfASCII)
        return (digitsMin...19).contains(digits.count) && passesLuhn(digits)
    }

    /// How the digits of cards are grouped in print.
    private static let shapes = [[4, 4, 4, 4], [4, 4, 4, 4, 3], [4, 6, 5], [4, 6, 4]]

    /// Card numbers in a run that is none itself: a group of digits that is one, wherever it stands, and groups as they
    /// are printed on cards where the run begins or ends with them; between others they are rather an account's.
    private static func cardNumbers(within run: ArraySlice<Character>) -> [Range<Int>] {
        let groups = run.split { !$0.isASCIIDigit }
        var ranges: [Range<Int>] = []
        var first = 0
        while first < groups.count {
            let size = groupCount(from: first, groups)
            if size > 0 { ranges.append(groups[first].startIndex..<groups[first + size - 1].endIndex) }
            first += max(size, 1)
        }
        return ranges
    }

    /// - Returns: how many groups from this one on are a card number; 0 for none.
    private static func groupCount(from first: Int, _ groups: [ArraySlice<Character>]) -> Int {
        if isCardNumber(groups[first]) { return 1 }
        let shape = shapes.first { shape in
            let end = first + shape.count
            return end <= groups.count && (first == 0 || end == groups.count)
                && groups[first..<end].map(\.count) == shape && isCardNumber(ArraySlice(groups[first..<end].joined()))
        }
        return shape?.count ?? 0
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
