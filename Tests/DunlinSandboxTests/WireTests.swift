import Testing

@testable import DunlinSandbox

@Suite struct WireTests {
    @Test(arguments: [
        #"{"a":[1,-2,3.5e2,true,false,null,"x\n\"\\\u00e9"],"b":{}}"#, "[]", "0", #""""#, #"{"z":1,"a":2}"#,
    ])
    func whatIsReadIsWrittenAgain(text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try JSONValue(parsing: value.bytes) == value)
    }

    @Test func escapesAreReadAsTheirCharacters() throws {
        let value = try JSONValue(parsing: Array(#""\ud83d\ude00 \u0041\/""#.utf8))
        #expect(value == .string("😀 A/"))
    }

    @Test(arguments: [
        "", "{", "[1,]", #"{"a" 1}"#, "01", "1.", "+1", "nul", #""\x""#, #""\ud83d""#, "[1] 2", "\"a\nb\"", "{a:1}",
        #"{"a":1,}"#, "1e", "-", #""\u12G4""#,
    ])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func deepNestingIsRefusedAndNotFollowed() {
        let text = Array(repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func brackettedNamesBecomeATree() {
        let form = "a[b][0][c]=1&a[b][1][c]=2&d[]=x&d[]=y&e=%5Bz%5D+1&f&g%5Bh%5D=i&a=&bad[=1"
        let tree = JSONValue.object(FormDecoding.decode(Array(form.utf8)))
        #expect(tree["d"] == .object([.init("0", .string("x")), .init("1", .string("y"))]))
        #expect(tree["e"] == .string("[z] 1"))
        #expect(tree["f"] == .string(""))
        #expect(tree["g"]?["h"] == .string("i"))
        #expect(tree["a"] == .string(""))
        #expect(tree["bad["] == .string("1"))
    }

    @Test func aListKeepsTheOrderOfItsIndices() throws {
        let parameters = Parameters(FormDecoding.decode(Array("x[1]=b&x[0]=a&x[10]=c".utf8)))
        #expect(try parameters.strings("x") == ["a", "b", "c"])
        let broken = Parameters(FormDecoding.decode(Array("x[one]=b".utf8)))
        #expect(throws: SandboxFailure.self) { try broken.strings("x") }
    }

    @Test func manyBracketsInANameCostNothing() {
        let name = "a" + String(repeating: "[b]", count: 1000)
        #expect(FormDecoding.decode(Array("\(name)=1".utf8)).map(\.name) == [name])
    }

    @Test func metadataHasItsLimits() {
        var metadata = Metadata()
        func apply(_ form: String) throws { try metadata.apply(Parameters(FormDecoding.decode(Array(form.utf8)))) }
        let many = (0..<51).map { "metadata[k\($0)]=v" }.joined(separator: "&")
        #expect(throws: SandboxFailure.self) { try apply(many) }
        #expect(throws: SandboxFailure.self) { try apply("metadata[\(String(repeating: "k", count: 41))]=v") }
        #expect(throws: SandboxFailure.self) { try apply("metadata[k]=\(String(repeating: "v", count: 501))") }
        #expect(metadata.pairs.isEmpty)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_754_477_408_000, "Wed, 06 Aug 2025 10:50:08 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (4_102_444_799_999, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func anInstantIsWrittenAsAnHTTPDate(milliseconds: Int64, text: String) {
        #expect(CivilDate(milliseconds: milliseconds).httpDate == text)
    }

    @Test func monthsStartWhereTheDaysSayTheyDo() {
        for month in Int64(0)..<2400 {
            let date = CivilDate(milliseconds: CivilDate.startOfMonth(year: 1970, month: month + 1))
            #expect(date.day == 1 && date.secondOfDay == 0)
            #expect(date.year * 12 + date.month - 1 == 1970 * 12 + month)
        }
    }

    @Test(arguments: [("2026-01-30", true), ("2026-01-31", false), ("2026-05-29", true), ("2026-06-30", true)])
    func aPaydayIsTheLastWorkingDay(date: String, isPayday: Bool) {
        let parts = date.split(separator: "-").compactMap { Int64($0) }
        let start = CivilDate.startOfMonth(year: parts[0], month: parts[1])
        #expect(CivilDate(milliseconds: start + (parts[2] - 1) * 86_400_000).isPayday == isPayday)
    }

    @Test func theScheduleGivesTheEarliestFirst() {
        var schedule = Schedule<Int>()
        let dues = (0..<500).map { Int64(Mix.word(UInt64($0)) % 100) }
        for (index, due) in dues.enumerated() { schedule.add(index, due: due) }
        var taken: [(Int64, Int)] = []
        while let (due, index) = schedule.take(dueBy: 1000) { taken.append((due, index)) }
        let expected = dues.enumerated().map { ($0.element, $0.offset) }.sorted { $0 < $1 }
        #expect(taken.map(\.1) == expected.map(\.1))
    }

    @Test func idsNeverRepeat() {
        var identifiers = Identifiers(seed: 7)
        var seen: Set<String> = []
        for number in 0..<20_000 {
            seen.insert(identifiers.make("pi", .stripe, now: Int64(number / 100)))
            seen.insert(identifiers.make("pi", .wooshpay, now: 1_767_225_600_000 + Int64(number / 100)))
        }
        #expect(seen.count == 40_000)
    }
}
