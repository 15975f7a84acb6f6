import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

/// `dunlin backup` and `dunlin restore`, as somebody types them.
@Suite(.fewAtOnce) struct BackupTests {
    /// Made while a worker is in the middle of a charge, restored a day later: everybody is charged once.
    @Test(arguments: GatewayName.allCases)
    func aBackupOfABusyFileIsRestoredAndChargesNobodyTwice(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway, cards: ["pm_card_visa"]) { $0.ignoresIdempotencyKeys = true }
        let hold = stage.server.hold(.afterEffect, GatewayRequest.create)
        let worker = try stage.site.start()
        try await worker.waits(for: hold.reached)
        let made = try await stage.site.program.run("backup", "copy.db", "--json")
        #expect(made.status == 0, "\(made.error)")
        #expect(try #require(try made.object()["bytes"] as? Int) > 100_000)
        let path = stage.site.program.folder.file("copy.db")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try await stage.site.program.run("backup", "copy.db").status == 2)

        // While the worker has the file open it is not replaced.
        let refused = try await stage.site.program.run("restore", "copy.db")
        #expect(refused.status == 4)
        #expect(refused.error.contains("process \(worker.id) has"), "\(refused.error)")
        hold.letGo()
        #expect(try await worker.end().status == 0)
        #expect(stage.audit.successes == 1)

        let restored = try await stage.site.program.run("restore", "copy.db", "--json")
        #expect(restored.status == 0, "\(restored.error)")
        let aside = try #require(try restored.object()["kept_aside"] as? String)
        #expect(FileManager.default.fileExists(atPath: stage.site.program.folder.file(aside)) || aside.hasPrefix("/"))
        #expect(try await stage.site.invoices("paid") == 0)
        stage.model.sandbox.advance(to: (Dates.startSeconds + 86_400) * 1000)
        try await stage.site.settle(from: 86_400)
        try await stage.expectsEachCollectedOnce(1)
    }

    @Test func whatIsNoBackupIsRefusedInWordsAndTheDataFileStays() async throws {
        let stage = try await Stage()
        let copy = try DataFileCopy(stage.site)
        try stage.site.program.write("id,customer\n", to: "rows.csv")
        for (file, status) in [("nowhere.db", Int32(4)), ("rows.csv", 4), ("dunlin.db", 2)] {
            let ended = try await stage.site.program.run("restore", file)
            #expect(ended.status == status, "\(file): \(ended.status) \(ended.error)")
            #expect(ended.error.contains("Error: ") && ended.error.contains(file), "\(ended.error)")
        }
        #expect(copy.isStillThere)
        let unwritable = try await stage.site.program.run("backup", "no/such/folder/copy.db")
        #expect(unwritable.status == 4, "\(unwritable.error)")
        try await stage.site.pass()
        try await stage.expectsEachCollectedOnce(2)
    }

    /// In live mode a file that was restored charges nothing before somebody has adopted it.
    @Test func inLiveModeARestoredFileWaitsForAPerson() async throws {
        let stage = try await Stage()
        #expect(try await stage.site.program.run("backup", "copy.db").status == 0)
        var live = stage.site.program
        live.environment["DUNLIN_MODE"] = "live"
        live.environment["DUNLIN_STRIPE_SECRET_KEY"] = "sk_live_endtoend0123456789"
        live.environment["DUNLIN_STRIPE_BASE_URL"] = nil
        let asked = try await live.run("restore", "copy.db")
        #expect(asked.status == 2)
        #expect(asked.error.contains("--yes"), "\(asked.error)")
        let restored = try await live.run("restore", "copy.db", "--yes")
        #expect(restored.status == 0, "\(restored.error)")
        #expect(restored.output.contains("dunlin adopt"), "\(restored.output)")
    }
}
