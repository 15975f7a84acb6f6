import DunlinSandbox
import Testing

@testable import dunlin

struct FaultFlagTests {
    @Test func aFaultOfTheSandboxIsAKindAndHowOftenItStrikes() throws {
        let always = try FaultRule.argument("drop_after")
        #expect(always.kind == .dropAfter)
        #expect(always.frequency == .every)
        #expect(always.method == "POST")
        #expect(try FaultRule.argument("error_before:first").frequency == .firstOfEach)
        #expect(try FaultRule.argument("html_after:20000").frequency == .perMillion(20_000))
    }

    @Test(arguments: ["", "explode", "drop_after:", "drop_after:often", "drop_after:1000001"])
    func whatIsNoFaultIsRefused(text: String) {
        #expect(throws: (any Error).self) { try FaultRule.argument(text) }
    }
}
