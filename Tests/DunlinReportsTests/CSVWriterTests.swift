import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinReports

@Suite struct CSVWriterTests {
    private static func text(_ cells: [Cell], isRaw: Bool = false, forExcel: Bool = false) throws -> String {
        var text = ""
        let writer = CSVWriter(isRaw: isRaw, forExcel: forExcel) { text += $0 }
        try writer.begin(cells.indices.map { ReportColumn("c\($0)") })
        try writer.write(cells)
        return text
    }

    private static func line(_ cell: Cell, isRaw: Bool = false) throws -> String {
        String(try text([cell], isRaw: isRaw).dropFirst("c0\r\n".count).dropLast())
    }

    @Test(arguments: [
        "=1+1", "+1", "-1", "@SUM(A1)", "  =1+1", "\u{A0}=1", "＝1+1", "－1", "\0=1", "\u{FEFF}=1", "−1",
    ])
    func textThatLooksLikeAFormulaGetsAnApostrophe(text: String) throws {
        #expect(try Self.line(.text(text)).hasPrefix("'"))
        #expect(!(try Self.line(.text(text), isRaw: true).hasPrefix("'")))
    }

    @Test(arguments: ["\tx", "\rx", "\nx"])
    func textThatStartsWithAControlCharacterGetsAnApostropheInsideTheQuotes(text: String) throws {
        let line = try Self.line(.text(text))
        #expect(line.hasPrefix("'") || line.hasPrefix("\"'"))
    }

    @Test(arguments: ["Weiß", "1-30", "a=b", "", "ada@example.com", "3 of 5"])
    func otherTextIsLeftAsItIs(text: String) throws {
        #expect(try Self.line(.text(text)) == text)
    }

    @Test func aNegativeAmountStaysANumber() throws {
        let amount = Money(minorUnits: -1205, currency: try #require(Currency("EUR")))
        #expect(try Self.text([.money(amount), .integer(-5)]) == "c0,c1\r\n-12.05,-5\r\n")
    }

    @Test func amountsHaveExactlyTheDigitsOfTheirCurrency() throws {
        let amounts = try [("JPY", 1200), ("USD", 5), ("KWD", 1234), ("CLF", 12345)].map { code, minorUnits in
            Cell.money(Money(minorUnits: Int64(minorUnits), currency: try #require(Currency(code))))
        }
        #expect(try Self.text(amounts).hasSuffix("1200,0.05,1.234,1.2345\r\n"))
    }

    @Test func quotesCommasAndLineBreaksAreQuoted() throws {
        #expect(
            try Self.text([.text("a \"b\""), .text("c,d"), .text("e\r\nf"), .empty])
                == "c0,c1,c2,c3\r\n\"a \"\"b\"\"\",\"c,d\",\"e\r\nf\",\r\n")
    }

    @Test func aQuoteWithACombiningMarkBehindItIsDoubledToo() throws {
        #expect(try Self.text([.text("a,\"\u{301}b")]) == "c0\r\n\"a,\"\"\u{301}b\"\r\n")
    }

    @Test func excelGetsAByteOrderMarkAndNobodyElse() throws {
        #expect(Array(try Self.text([.empty], forExcel: true).utf8.prefix(3)) == [0xEF, 0xBB, 0xBF])
        #expect(Array(try Self.text([.empty]).utf8.prefix(1)) == [0x63])
    }

    @Test func whatIsWrittenRawIsReadBackAsItWas() throws {
        var generator = SeededGenerator(seed: 11)
        let pieces = ["a", ",", "\"", "\r\n", "\n", " ", "é", "=", "🐦", "\u{301}"]
        for _ in 0..<300 {
            let texts = (0..<3).map { _ in
                (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    pieces.randomElement(using: &generator) ?? ""
                }.joined()
            }
            let written = try Self.text(texts.map(Cell.text), isRaw: true)
            #expect(
                Self.parse(written).last.map { $0.map { Array($0.unicodeScalars) } }
                    == texts.map { Array($0.unicodeScalars) })
        }
    }

    /// A reader by the letter of RFC 4180.
    private static func parse(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"" where isQuoted && scalars.first == "\"": field.append(scalars.removeFirst())
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(String(field))
                field = String.UnicodeScalarView()
            case "\r" where !isQuoted && scalars.first == "\n":
                scalars.removeFirst()
                row.append(String(field))
                rows.append(row)
                (row, field) = ([], String.UnicodeScalarView())
            default: field.append(scalar)
            }
        }
        return rows
    }
}
