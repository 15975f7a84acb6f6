import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import DunlinTesting
import Foundation
import Testing

@Suite struct ProcessTests {
    /// A process table of a test's own, with the worker's process in it.
    private struct Table {
        let folder: TemporaryFolder
        let machine: String

        init() throws {
            folder = try TemporaryFolder()
            machine = folder.file("machine-id")
            try write("machine-id", "0123abcd\n")
            try write("sys/kernel/random/boot_id", "boot-1\n")
            try FileManager.default.createDirectory(
                atPath: folder.file("self/ns"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("self/ns/pid"), withDestinationPath: "pid:[1]")
            try process(77, state: "S", startTicks: 5_000)
        }

        func write(_ name: String, _ text: String) throws {
            let url = URL(fileURLWithPath: folder.file(name))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }

        func process(_ pid: Int, state: String, startTicks: Int) throws {
            try write(
                "\(pid)/stat",
                "\(pid) (dunlin) run (x)) \(state) 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 \(startTicks) 20\n")
        }

        func end(_ pid: Int) throws { try FileManager.default.removeItem(atPath: folder.file("\(pid)")) }

        func live(exists: Bool = false) -> ProcessTable {
            ProcessTable(root: folder.path, machineIDPath: machine, exists: { _ in exists })
        }
    }

    @Test func anIdentityIsReadFromTheProcessTableAndComesBackFromItsText() throws {
        let table = try Table()
        let identity = table.live().identity(of: 77)
        #expect(
            identity
                == ProcessIdentity(
                    host: "0123abcd", bootID: "boot-1", namespace: "pid:[1]", pid: 77, startTicks: 5_000))
        #expect(ProcessIdentity(text: identity.text) == identity)
        #expect(ProcessIdentity(text: "nonsense") == nil)
    }

    @Test func aProcessThatRunsIsNotDead() throws {
        let table = try Table()
        #expect(!table.live().isDead(table.live().identity(of: 77)))
    }

    @Test func aProcessWhoseIdIsFreeIsDead() throws {
        let table = try Table()
        let identity = table.live().identity(of: 77)
        try table.end(77)
        #expect(table.live().isDead(identity))
        #expect(!table.live(exists: true).isDead(identity), "a hidden process may be alive")
    }

    @Test func aProcessWhoseIdBelongsToALaterOneIsDead() throws {
        let table = try Table()
        let identity = table.live().identity(of: 77)
        try table.process(77, state: "S", startTicks: 9_000)
        #expect(table.live().isDead(identity))
    }

    @Test func aProcessThatOnlyWaitsToBeCollectedIsDead() throws {
        let table = try Table()
        let identity = table.live().identity(of: 77)
        try table.process(77, state: "Z", startTicks: 5_000)
        #expect(table.live().isDead(identity))
    }

    @Test func aProcessFromBeforeTheLastBootIsDead() throws {
        let table = try Table()
        let identity = table.live().identity(of: 77)
        try table.write("sys/kernel/random/boot_id", "boot-2\n")
        #expect(table.live().isDead(identity))
    }

    @Test func aProcessOfAnotherMachineOrContainerIsNeverJudged() throws {
        let table = try Table()
        let here = table.live().identity(of: 77)
        try table.end(77)
        let elsewhere = ProcessIdentity(
            host: "other", bootID: "boot-1", namespace: here.namespace, pid: 77, startTicks: 5_000)
        let container = ProcessIdentity(
            host: here.host, bootID: here.bootID, namespace: "pid:[2]", pid: 77, startTicks: 5_000)
        #expect(!table.live().isDead(elsewhere))
        #expect(!table.live().isDead(container))
        try table.write("machine-id", "")
        #expect(!table.live().isDead(ProcessIdentity(host: "", bootID: "boot-0", pid: 77, startTicks: 1)))
    }

    @Test func thisVeryProcessIsFoundInTheRealTable() {
        let table = ProcessTable()
        let identity = table.identity()
        #expect(identity.pid == getpid())
        #expect(identity.startTicks > 0)
        #expect(!table.isDead(identity))
    }

    @Test func processesAreNotedSeenAndForgotten() async throws {
        let fixture = try QueueFixture()
        let (start, me, other) = (fixture.start, fixture.me, fixture.other)
        let later = start.adding(seconds: 60)
        let list = try await fixture.database.write { tx in
            try Processes.see(me, role: "run", version: "1", now: start, tx)
            try Processes.see(other, role: "serve", version: "1", now: start, tx)
            try Processes.see(me, role: "run", version: "1", now: later, tx)
            return try Processes.list(tx)
        }
        #expect(list.map(\.identity) == [me, other])
        #expect(list.first?.startedAt == start)
        #expect(list.first?.seenAt == later)
        let left = try await fixture.database.write { tx in
            try Processes.prune(seenBefore: later, tx)
            let left = try Processes.list(tx).map(\.identity)
            try Processes.leave(me, tx)
            return left + (try Processes.list(tx)).map(\.identity)
        }
        #expect(left == [me])
    }
}
