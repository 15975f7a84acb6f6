import Testing

@testable import DunlinImport

@Suite struct JSONObjectTests {
    private func values(_ text: String) throws -> [String: Cell.Value] {
        let members = try JSONObject.members(of: Array(text.utf8))
        return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.cell.value) })
    }

    @Test func everyPlainValueIsRead() throws {
        let text = #" { "a" : "x" , "b":12,"c":-0.5e+3, "d":true,"e":false ,"f":null, "g":"" } "#
        #expect(
            try values(text) == [
                "a": .text("x"), "b": .number("12"), "c": .number("-0.5e+3"), "d": .flag(true), "e": .flag(false),
                "f": .null, "g": .text(""),
            ])
        #expect(try values("{}") == [:])
    }

    @Test func escapesAreReadAndPairsOfThemAreOneCharacter() throws {
        let text = #"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"}"#
        #expect(try values(text) == ["a": .text("\"\\/\u{8}\u{c}\n\r\té😀é")])
    }

    @Test func aMemberKnowsWhereItsValueBegins() throws {
        let members = try JSONObject.members(of: Array(#"{"a": 1, "bc":  "x"}"#.utf8))
        #expect(members.map(\.cell.position) == [7, 17])
    }

    @Test(arguments: [
        ("", 1), ("[]", 1), ("{", 2), (#"{"a"}"#, 5), (#"{"a":}"#, 6), (#"{"a":1,}"#, 8), (#"{"a":1 "b":2}"#, 8),
        (#"{"a":1}x"#, 8), (#"{"a":{}}"#, 6), (#"{"a":[1]}"#, 6), (#"{"a":01}"#, 8), (#"{"a":1.}"#, 8),
        (#"{"a":-}"#, 7),
        (#"{"a":1e}"#, 8), (#"{"a":tru}"#, 6), (#"{"a":"x}"#, 6), (#"{"a":"\x"}"#, 9), (#"{"a":"\u12"}"#, 9),
        (#"{"a":"\ud83d"}"#, 13), (#"{"a":"\ude00"}"#, 13), (#"{"a":1,"a":2}"#, 8), ("{\"a\":\"x\ty\"}", 8),
        (#"{a:1}"#, 2), (#"{"a":NaN}"#, 6), (#"{'a':1}"#, 2),
    ])
    func anythingElseIsRefusedWithItsPlace(text: String, position: Int) {
        let failure = #expect(throws: JSONObject.Failure.self) { try JSONObject.members(of: Array(text.utf8)) }
        #expect(failure?.position == position, "\(text): \(failure?.reason ?? "")")
    }

    @Test func aDeepListIsRefusedWithoutGoingDown() {
        let text = #"{"a":"# + String(repeating: "[", count: 60_000)
        #expect(throws: JSONObject.Failure.self) { try JSONObject.members(of: Array(text.utf8)) }
    }

    @Test func textThatIsNotUTF8IsRefused() {
        let bytes = Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        #expect(throws: JSONObject.Failure.self) { try JSONObject.members(of: bytes) }
    }
}
