import DunlinCore
import DunlinDatabase
import DunlinSandbox
import DunlinTesting
import Foundation
import Synchronization
import Testing

@testable import DunlinJobs

/// A backup may be of any moment: restored after the original has gone on to its end, and run, it collects nothing a
/// second time.
@Suite struct RestoreTests {
    private static let names: Set<String> = [
        "a first charge", "a first charge at WooshPay", "a decline, then a success",
        "a decline, then a success, at WooshPay", "the answer to the confirm is lost",
        "the answer to the create is lost at WooshPay", "another card after a final decline",
        "canceled between two tries",
    ]

    private static let scenarios = Scenario.all.filter { names.contains($0.name) }

    @Test func theScenariosAreThere() { #expect(Self.scenarios.count == Self.names.count) }

    /// One snapshot before each step of the story. Keys are ignored at both gateways.
    @Test(arguments: scenarios)
    func anEarlierSnapshotThatIsRunAgainCollectsNothingASecondTime(_ scenario: Scenario) async throws {
        let steps = try await scenario.run().steps
        var snapshots = 0
        for cut in steps.indices where Self.isOfInterest(steps, cut) {
            guard let problems = try await Self.restoredProblems(scenario, cut) else { continue }
            snapshots += 1
            #expect(problems == [], "restored from before step \(cut), \(steps[cut])")
        }
        #expect(snapshots >= 8)
    }

    /// Whatever place it has: not one request leaves before somebody has adopted it.
    @Test(arguments: ["another:1:2", "machine:1:2"])
    func inLiveModeARestoredFileSendsNothing(_ stamp: String) async throws {
        let stage = try Stage { $0.fileStamp = stamp }
        try await stage.customer()
        try await stage.subscribe()
        try await stage.database.write { tx in
            for (key, value) in Adoption.restoredMarks { try tx.setMeta(key, value) }
        }
        let result = try await stage.pass(driver: stage.driver(key: "sk_live_stage0001"))
        guard case .keyRefused(let why) = result.refused[stage.name] else {
            Issue.record("\(result.refused)")
            return
        }
        #expect(why.contains("dunlin adopt"))
        #expect(stage.wire.requests.isEmpty)
        // In test mode it goes on by itself.
        try await stage.run(days: 1)
        #expect(stage.sandbox.audit.successes == 1)
    }

    /// Steps that begin every pass leave the state of the step that ended the pass before.
    private static func isOfInterest(_ steps: [String], _ index: Int) -> Bool {
        let preamble: Set<String> = ["rescue", "note-clock", "plan-parked", "plan-changed", "plan", "claim"]
        return index < 8 || !(preamble.contains(steps[index]) || steps[index].hasPrefix("POST"))
    }

    /// - Returns: nil when the story is over before the step.
    private static func restoredProblems(_ scenario: Scenario, _ cut: Int) async throws -> [String]? {
        let folder = try TemporaryFolder()
        let copy = folder.file("backup.db")
        let stage = try Stage { scenario.options(&$0) }
        stage.fuse.cut(before: cut)
        stage.whenCut.withLock { hook in
            hook = { [database = stage.database] in
                if !FileManager.default.fileExists(atPath: copy) { try await database.backup(to: copy) }
            }
        }
        try await scenario.story(stage)
        stage.fuse.disarm()
        guard FileManager.default.fileExists(atPath: copy) else { return nil }
        let audit = stage.sandbox.audit
        let restored = try Database.open(
            .file(copy, mode: .inline, migrations: Stage.migrations, databaseID: Stage.databaseID))
        defer { restored.close() }
        let again = Stage(continuing: stage, database: restored)
        try await again.run(days: 40)
        var problems = try await again.violations()
        let after = again.sandbox.audit
        problems += after.doubles.map { "\($0.period.subscription) was charged twice: \($0.intentIDs)" }
        // A debt that was not collected may be collected now; one that was may not be collected again.
        if after.successes > max(audit.successes, 1) {
            problems.append("\(after.successes) successes at the gateway, \(audit.successes) before")
        }
        return problems
    }
}
