import DunlinCalendar
import DunlinCore
import Foundation
import Testing

@testable import DunlinReports

@Suite struct TableAndJSONWriterTests {
    private static let columns = [ReportColumn("name"), ReportColumn("count", .integer), ReportColumn("why")]

    private static func table(
        _ rows: [[Cell]], shown: [String]? = nil, width: Int? = nil
    ) throws -> String {
        var text = ""
        var writer = TableWriter(shown: shown, lineWidth: width) { text += $0 }
        try writer.begin(columns)
        for row in rows { try writer.write(row) }
        try writer.end()
        return text
    }

    @Test func columnsAreAlignedAndNumbersStandToTheRight() throws {
        let text = try Self.table([
            [.text("dunlin"), .integer(7), .text("small")], [.text("gull"), .integer(1200), .empty],
        ])
        #expect(
            text == """
                NAME    COUNT  WHY
                dunlin      7  small
                gull     1200

                """)
    }

    @Test func linesFitTheTerminalAndNumbersAreNeverCut() throws {
        let text = try Self.table(
            [[.text("a name that goes on and on"), .integer(123_456_789), .text("for a reason that goes on")]],
            width: 40)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 40 })
        #expect(text.contains("123456789"))
        #expect(text.contains("…"))
    }

    @Test func aNameCannotMoveTheCursor() throws {
        let text = try Self.table([[.text("a\u{1B}[2Jb\nc\td"), .integer(1), .empty]])
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
        #expect(text.split(separator: "\n").count == 2)
    }

    @Test func onlyTheColumnsAskedForAreShown() throws {
        let text = try Self.table([[.text("x"), .integer(1), .text("y")]], shown: ["why", "name"])
        #expect(text == "NAME  WHY\nx     y\n")
    }

    @Test func manyRowsAreAllWrittenInTheirOrder() throws {
        let rows = (0..<1200).map { [Cell.text("row\($0)"), .integer(Int64($0)), .empty] }
        let lines = try Self.table(rows).split(separator: "\n")
        #expect(lines.count == 1201)
        #expect(lines.last?.hasPrefix("row1199") == true)
    }

    @Test func theJSONIsReadBackByAnyReader() throws {
        let euro = try #require(Currency("EUR"))
        var text = ""
        var writer = JSONWriter { text += $0 }
        try writer.begin(Self.columns + [ReportColumn("amount", .money)])
        let odd = "a\"\\\n\u{1}\u{2028}é🐦"
        try writer.write([.text(odd), .integer(-3), .empty, .money(Money(minorUnits: 5, currency: euro))])
        try writer.end()
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(rows.count == 1)
        #expect(rows[0]["name"] as? String == odd)
        #expect(rows[0]["count"] as? Int == -3)
        #expect(rows[0]["why"] is NSNull)
        #expect(rows[0]["amount"] as? String == "0.05")
    }
}
