import DunlinCalendar
import DunlinDatabase
import Logging
import Testing

@testable import dunlin

struct OutputTests {
    @Test func columnsAreAlignedAndNumbersStandOnTheRight() {
        let table = Table([.left("NAME"), .right("AMOUNT")], rows: [["Ann", "5.00"], ["東京電力", "1200"]])
        #expect(
            table.lines(width: nil) == [
                "NAME      AMOUNT",
                "Ann         5.00",
                "東京電力    1200",
            ])
    }

    @Test func theWidestTextIsCutToFitATerminalAndNumbersNever() {
        let table = Table(
            [.left("REASON"), .right("AMOUNT")], rows: [["a reason that goes on and on", "123456789012"]])
        let lines = table.lines(width: 26)
        #expect(lines == ["REASON              AMOUNT", "a reason th…  123456789012"])
        #expect(lines.allSatisfy { $0.columnWidth <= 26 })
    }

    @Test func aLineEndInACellDoesNotBreakTheTable() {
        #expect(Table([.left("A")], rows: [["x\ny\tz"]]).lines(width: nil).last == "x y z")
    }

    @Test func jsonHasSnakeCaseKeysInAStableOrder() throws {
        struct Row: Encodable {
            let stripeWebhookSecret = "whsec"
            let baseURL = "http://127.0.0.1:1/"
            let amountMinor: Int64 = 5
        }
        #expect(
            try Output.json(Row())
                == #"{"amount_minor":5,"base_url":"http://127.0.0.1:1/","stripe_webhook_secret":"whsec"}"#)
    }

    @Test func aLogLineIsOneLineWithoutCardNumbers() {
        let line = LineLogHandler.line(
            at: Instant(milliseconds: 0), .warning, "two\nlines",
            ["b": "with blank", "a": "4242 4242 4242 4242", "c": ""])
        #expect(line == #"1970-01-01T00:00:00.000Z warning two lines a="••••4242" b="with blank" c="""#)
    }

    @Test(arguments: [
        (DatabaseError.Code.busy, dunlin.ExitStatus.database), (.foreign, .database), (.newer, .database),
        (.full, .database), (.notFound, .database), (.exists, .badInput), (.statement, .needsPerson),
    ])
    func aFaultOfTheDataFileEndsWithItsStatus(code: DatabaseError.Code, status: dunlin.ExitStatus) {
        #expect(FailureReport(DatabaseError(code, "text")).status == status)
    }

    @Test func keysAloneEndWithTheStatusOfGatewaysAndAnySettingWithThatOfInput() {
        let key = SettingsProblem(kind: .key, origin: nil, text: "k")
        let setting = SettingsProblem(origin: nil, text: "s")
        #expect(FailureReport(SettingsError(problems: [key])).status == .gateway)
        #expect(FailureReport(SettingsError(problems: [key, setting])).status == .badInput)
    }

    @Test func anUnexpectedErrorShowsNoCardNumber() {
        struct Odd: Error { let text = "4242424242424242" }
        let report = FailureReport(Odd())
        #expect(report.status == .needsPerson)
        #expect(!report.text.contains("4242424242424242"))
    }
}
