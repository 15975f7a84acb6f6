import Crypto
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting
import Foundation
import Testing

@testable import DunlinReports
@testable import dunlin

/// The commands themselves, on a data file of the test's own.
@Suite struct LookCommandTests {
    @Test func proveEndsWithZeroOnAHealthyLedgerAndWithOneOnABrokenPromise() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        #expect(await file.run("prove", "--offline") == .done)
        try await file.change { rows in try rows.tx.execute("DELETE FROM jobs WHERE unique_key = 'charge-invoice/11'") }
        #expect(await file.run("prove", "--offline", "--json") == .needsPerson)
    }

    @Test func aReportFileLiesBesideAManifestThatTellsItsSumsAndChecksum() async throws {
        let file = try await CommandFile(FinanceLedger.write)
        let path = file.folder.file("dunning.csv")
        #expect(await file.run("report", "dunning", "--out", path, "--as-of", "2026-11-21") == .done)
        let data = try Data(contentsOf: URL(filePath: path))
        let text = try String(contentsOfFile: "\(path).manifest.json", encoding: .utf8)
        let manifest = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let digest = SHA256.hash(data: data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(manifest["sha256"] as? String == digest)
        #expect(manifest["bytes"] as? Int == data.count)
        #expect(manifest["rows"] as? Int == 7)
        #expect(manifest["escaping"] as? String == "apostrophe")
        #expect((manifest["columns"] as? [String])?.count == 49)
        let totals = try #require(manifest["totals"] as? [[String: Any]])
        #expect(totals.map { $0["amount_minor"] as? Int } == [16750, 1200, 2468])
    }

    @Test func aReportThatFailsLeavesNoFileBehind() async throws {
        let file = try await CommandFile { rows in
            try FinanceLedger.write(rows)
            try rows.tx.execute("DROP TRIGGER invoices_frozen")
            try rows.tx.execute("UPDATE invoices SET currency = 'XXX' WHERE id = 32")
        }
        let path = file.folder.file("dunning.csv")
        #expect(await file.run("report", "dunning", "--out", path) == .needsPerson)
        let names = try FileManager.default.contentsOfDirectory(atPath: file.folder.path)
        #expect(names.filter { $0.hasPrefix("dunning") } == [])
    }

    @Test func aDiscardedChargeLeavesItsInvoiceToAPersonAndThePromisesHold() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        let id = try await file.read { tx in
            try tx.value("SELECT id FROM jobs WHERE unique_key = 'charge-invoice/21'", as: Int64.self)
        }
        let job = String(try #require(id))
        #expect(await file.run("jobs", "discard", job, "--reason", "customer left") == .done)
        let invoice = try await file.read { try Invoices.get(21, $0) }
        #expect(invoice.waitsFor == .onHold)
        #expect(invoice.holdReason == "job \(job) was discarded: customer left")
        #expect(await file.run("prove") == .done)
        #expect(await file.run("jobs", "discard", job, "--reason", "again") == .badInput)
    }

    @Test func aDeadJobIsReadyAgainAfterARetryAndTheReasonIsKept() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        let dead = try await file.read { try JobQueue.list(JobFilter(state: .dead), limit: 1, $0).first }
        let job = try #require(dead)
        #expect(await file.run("jobs", "retry", String(job.id), "--reason", "outage is over") == .done)
        let after = try await file.read { try JobQueue.show(job.id, $0) }
        #expect(after?.state == .ready)
        #expect(after?.runCount == 0)
        let reason = try await file.read { tx in
            try tx.value("SELECT reason FROM activity WHERE kind = 'job_retried'", as: String.self)
        }
        #expect(reason == "charge-invoice \(job.id): outage is over")
    }

    @Test func severalJobsAreDecidedTogetherOrNotAtAll() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        let dead = try await file.read { try JobQueue.list(JobFilter(state: .dead), limit: 1, $0).first }
        let job = try #require(dead)
        #expect(await file.run("jobs", "retry", String(job.id), "99999", "--reason", "x") == .badInput)
        #expect(try await file.read { try JobQueue.show(job.id, $0)?.state } == .dead)
    }

    @Test(arguments: [
        ["invoices", "show", "999"], ["subscriptions", "show", "nobody"], ["jobs", "list", "--state", "asleep"],
        ["invoices", "list", "--after", "sub1"], ["invoices", "list", "--limit", "0"],
        ["report", "dunning", "--as-of", "2026-02-30"], ["report", "dunning", "--raw"],
        ["report", "dunning", "--format", "csv", "--json"], ["jobs", "retry", "1", "--reason", " "],
        ["report", "dunning", "--out", "/no/such/folder/file.csv"],
    ])
    func aWrongQuestionEndsWithStatusTwo(arguments: [String]) async throws {
        let file = try await CommandFile(HealthyLedger.write)
        #expect(
            await Dunlin.run(arguments + ["--database", file.path, "--config", "config", "--quiet"]) == .badInput)
    }

    @Test(arguments: [
        ["status"], ["status", "--json"], ["report", "waiting"], ["report", "dunning", "--wide"],
        ["subscriptions", "list"], ["subscriptions", "show", "sub1"], ["customers", "list"],
        ["customers", "show", "cus1"], ["payment-methods", "list"], ["payment-methods", "show", "pm1"],
        ["invoices", "list", "--state", "open", "--format", "csv"], ["invoices", "show", "41"],
        ["attempts", "list", "--json"], ["attempts", "show", "41"], ["jobs", "list"], ["jobs", "show", "1"],
    ])
    func everyLookEndsWithStatusZero(arguments: [String]) async throws {
        let file = try await CommandFile(HealthyLedger.write)
        #expect(await Dunlin.run(arguments + ["--database", file.path, "--config", "config", "--quiet"]) == .done)
    }
}
