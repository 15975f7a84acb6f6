import DunlinDatabase
import DunlinTesting
import Foundation
import Logging
import Testing

@testable import dunlin

struct BenchTests {
    private let folder: TemporaryFolder
    private let setting: BenchSetting

    init() throws {
        folder = try TemporaryFolder()
        setting = BenchSetting(
            folder: folder.path, size: 250, clock: LiveClock(),
            log: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func aRateIsTheMedianOfItsRoundsBesideTheMedianOfTheFloor() {
        let row = BenchRow(
            "queue.enqueue", rounds: [(value: 90, floor: 400), (value: 300, floor: 200), (value: 200, floor: 300)],
            unit: "jobs/s")
        #expect(row.value == 200)
        #expect(row.floor == 300)
        #expect(row.ratio == 0.67)
        #expect(row.met == true)
        #expect(BenchRow("a", rounds: [(value: 49, floor: 100)], unit: "").met == false)
    }

    @Test func everyRowHasTheSameKeysInJSON() throws {
        let rows = [
            BenchRow("a", rounds: [(value: 1, floor: 2)], unit: "jobs/s"), BenchRow("b", 4, unit: "per charge"),
        ]
        let text = try Output.json(rows)
        let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        for row in read {
            #expect(Set(row.keys) == ["name", "value", "unit", "floor", "ratio", "target", "met"])
        }
    }

    @Test func theQueueIsMeasuredToItsLastJob() async throws {
        let rows = try await QueueBench(setting: setting).run()
        #expect(rows.map(\.name) == ["queue.enqueue", "queue.claim_and_finish"])
        #expect(rows.allSatisfy { $0.value > 0 && ($0.floor ?? 0) > 0 && $0.ratio != nil })
        // What is measured is done: nothing is ready any more, in the product's file and in the floor's.
        for name in ["queue-1.db", "queue-floor-1.db"] {
            let raw = try RawSQLite(setting.path(name))
            let count = try raw.prepare("SELECT count(*), sum(state = 'done') FROM jobs")
            #expect(try count.step())
            #expect(count.integer(0) == 250)
            #expect(count.integer(1) == 250)
        }
    }

    @Test func planningIsHeldAgainstAFloorThatWritesTheSameRows() async throws {
        let rows = try await PlanningBench(setting: setting).run()
        #expect(rows.first?.name == "planning.invoices")
        for table in ["invoices", "jobs", "activity", "billing_state"] {
            var counts: [Int64] = []
            for name in ["planning.db", "planning-floor.db"] {
                let count = try RawSQLite(setting.path(name)).prepare("SELECT count(*) FROM \(table)")
                #expect(try count.step())
                counts.append(count.integer(0))
            }
            #expect(counts[0] == counts[1], "\(table)")
            #expect(counts[0] >= 250, "\(table)")
        }
    }

    @Test func theSandboxIsHeldAgainstAServerThatDoesNothing() async throws {
        let rows = try await SandboxBench(setting: setting).rates()
        #expect(rows.map(\.name) == ["sandbox.charges", "sandbox.reads"])
        #expect(rows.allSatisfy { $0.value > 0 && ($0.floor ?? 0) > 0 && $0.ratio != nil && $0.target == 0.5 })
    }

    @Test func theInboxIsHeldAgainstAServerThatDoesNothingAndEveryEventIsOnTheDisk() async throws {
        let rows = try await InboxBench(setting: setting).run()
        #expect(rows.map(\.name) == ["inbox.events", "inbox.commits"])
        #expect((rows.first?.value ?? 0) > 0 && (rows.first?.floor ?? 0) > 0 && rows.first?.target == 0.5)
        // Many deliveries share one flush of the disk.
        #expect((rows.last?.value ?? 1) < 0.5)
        let raw = try RawSQLite(setting.path("inbox.db"))
        let count = try raw.prepare("SELECT count(*), count(DISTINCT subject), sum(state = 'received') FROM events")
        #expect(try count.step())
        for column in 0..<3 { #expect(count.integer(Int32(column)) == Int64(3 * 250)) }
    }

    @Test func theMemoryOfAProcessIsKnown() throws {
        #expect(try ResidentMemory.bytes(of: ProcessInfo.processInfo.processIdentifier) > 1_000_000)
        #expect(throws: BenchError.self) { try ResidentMemory.bytes(of: -7) }
    }

    @Test func theFloorIsAsDurableAsTheProduct() throws {
        let database = try setting.database("durable.db")
        database.close()
        let mode = try RawSQLite(setting.path("durable.db")).prepare("PRAGMA synchronous")
        #expect(try mode.step())
        #expect(mode.integer(0) == 2)
    }
}
