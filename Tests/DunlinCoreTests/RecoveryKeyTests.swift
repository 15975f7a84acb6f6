import DunlinCalendar
import DunlinCore
import Foundation
import Testing

/// A recovery link opens one debt of one data file, and nobody without the key can make one.
@Suite struct RecoveryKeyTests {
    private static let text = "0123456789abcdef0123456789abcdef"
    private static let debt = RecoveryDebt(invoiceID: 42, subscriptionID: "sub_1", period: "2026-11-01")
    private static let now = Instant(seconds: 1_795_000_000)

    private static func key(_ text: String = text, database: String = "db") throws -> RecoveryKey {
        try #require(RecoveryKey(Secret(text), databaseID: database))
    }

    @Test func aLinkOpensTheDebtThatItWasMadeFor() throws {
        let key = try Self.key()
        let text = key.token(of: Self.debt, generation: 3)
        let token = try #require(RecoveryToken(text))
        #expect(token.invoiceID == 42 && token.generation == 3)
        #expect(key.made(token, for: Self.debt))
        #expect(key.token(of: Self.debt, generation: 3) == text)
        #expect(text.utf8.count <= RecoveryToken.charactersMax)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) })
    }

    /// The id of a row alone is given out again by a restored file.
    @Test func aLinkOpensNoOtherDebtAndNoOtherFile() throws {
        let key = try Self.key()
        let token = try #require(RecoveryToken(key.token(of: Self.debt, generation: 1)))
        for change: (inout RecoveryDebt) -> Void in [
            { $0.invoiceID = 43 }, { $0.subscriptionID = "sub_2" }, { $0.period = "2026-12-01" },
        ] {
            var other = Self.debt
            change(&other)
            #expect(!key.made(token, for: other))
        }
        #expect(try !Self.key(database: "other").made(token, for: Self.debt))
        #expect(try !Self.key("f" + Self.text.dropFirst()).made(token, for: Self.debt))
    }

    @Test func aLinkWithAnotherGenerationOrAnyOtherLetterOpensNothing() throws {
        let key = try Self.key()
        let text = key.token(of: Self.debt, generation: 1)
        let raised = try #require(RecoveryToken(text.replacing("42.1.", with: "42.2.")))
        #expect(!key.made(raised, for: Self.debt))
        for index in text.indices {
            let other: Character = text[index] == "A" ? "B" : "A"
            let spoiled = text.replacingCharacters(in: index...index, with: String(other))
            guard let token = RecoveryToken(spoiled), spoiled != text else { continue }
            #expect(!key.made(token, for: Self.debt), "\(spoiled)")
        }
    }

    @Test func whatWasNeverPrintedIsNoLink() throws {
        let text = try Self.key().token(of: Self.debt, generation: 1)
        for spoiled in [
            "", ".", "..", "42", "42.1", "42.1.", "42.1.short", "0\(text)", "+\(text)", "-\(text)", " \(text)",
            "\(text) ", "\(text)=", "\(text).", text.replacing("42.1.", with: "42.01."),
            text.replacing("42.1.", with: "0.1."), text.replacing("42.1.", with: "42.0."),
            text.replacing("42.1.", with: "99999999999999999999.1."), String(repeating: "a", count: 5000),
        ] {
            #expect(RecoveryToken(spoiled) == nil, "\(spoiled)")
        }
    }

    @Test func aShortKeyIsNone() {
        #expect(RecoveryKey(Secret(String(Self.text.dropLast())), databaseID: "db") == nil)
    }

    @Test func aFormIsGoodForAnHourAndForItsPageOnly() throws {
        let key = try Self.key()
        let form = key.form(of: Self.debt, generation: 1, shownAt: Self.now)
        func isGood(_ form: String, _ debt: RecoveryDebt = Self.debt, _ generation: Int = 1, after seconds: Int64 = 0)
            -> Bool
        {
            key.isForm(form, of: debt, generation: generation, now: Self.now.adding(seconds: seconds))
        }
        #expect(isGood(form) && isGood(form, after: 3600))
        #expect(!isGood(form, after: 3601) && !isGood(form, after: -3601))
        #expect(!isGood(form, RecoveryDebt(invoiceID: 43, subscriptionID: "sub_1", period: "2026-11-01")))
        #expect(!isGood(form, Self.debt, 2))
        for spoiled in [
            "", ".", "1.", "\(Self.now.seconds)", "\(Self.now.seconds + 1)" + form.dropFirst(10), "x" + form,
        ] {
            #expect(!isGood(spoiled), "\(spoiled)")
        }
        // A link is no form.
        #expect(!isGood(key.token(of: Self.debt, generation: 1)))
    }

    @Test func theKeyShowsItselfToNobody() throws {
        let key = try Self.key()
        #expect(!"\(key)".contains(Self.text.prefix(8)))
        #expect(!String(reflecting: key).contains(Self.text.prefix(8)))
    }
}
