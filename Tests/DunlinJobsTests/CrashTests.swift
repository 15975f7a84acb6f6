import DunlinCalendar
import DunlinSandbox
import Testing

/// Every scenario, cut off before each of its steps in turn: before every transaction and before every request. A
/// request whose answer is lost with the process is the cut before the transaction that would have stored it.
@Suite struct CrashTests {
    @Test(arguments: Scenario.all)
    func aRunThatIsCutOffAnywhereEndsAsIfItHadNot(_ scenario: Scenario) async throws {
        let (whole, problems) = try await scenario.run()
        #expect(problems == [], "not cut off")
        let steps = whole.fuse.names
        #expect(steps.count > 10)
        for cut in steps.indices {
            let (_, problems) = try await scenario.run(cuts: [cut])
            #expect(problems == [], "cut off before step \(cut), \(steps[cut])")
        }
    }
}
