import DunlinTesting
import Foundation
import Testing

@testable import dunlin

struct DemoCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func demo(_ arguments: String...) async -> dunlin.ExitStatus {
        await Dunlin.run(
            ["demo", "--subscriptions", "30", "--days", "20", "--quiet", "--directory", folder.file("demo")] + arguments
        )
    }

    private func object(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: folder.file("demo/\(name)")))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func theDemoLeavesADatabaseAndListsThatProveIt() async throws {
        #expect(await demo() == .done)
        let report = try object("demo.json")
        let keys = [
            "subscriptions", "periods_due", "invoices", "collected", "in_dunning", "needs_customer", "double_charges",
            "unknown", "directory",
        ]
        for key in keys { #expect(report[key] != nil, "\(key) is missing") }
        #expect(report["subscriptions"] as? Int == 30)
        #expect(report["double_charges"] as? Int == 0)
        #expect(try object("prove.json")["ok"] as? Bool == true)
        let paid = (report["collected"] as? [[String: Any]] ?? []).compactMap { $0["paid"] as? Int }.reduce(0, +)
        #expect(try object("gateway-audit.json")["successes"] as? Int == paid)
        #expect(paid > 0)
        let list = try String(contentsOfFile: folder.file("demo/dunning.csv"), encoding: .utf8)
        let rows = try object("dunning.csv.manifest.json")["rows"] as? Int
        #expect(list.split(whereSeparator: \.isNewline).count == (rows ?? -2) + 1)
    }

    @Test func whatTheDemoLeavesCanBeLookedAtWithTheCommands() async throws {
        #expect(await demo() == .done)
        let database = folder.file("demo/dunlin.db")
        #expect(
            await Dunlin.run(["prove", "--json", "--database", database, "--now", "2026-01-21T00:00:00Z"]) == .done)
    }

    @Test func aFolderThatIsThereAlreadyIsLeftAlone() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("demo"), withIntermediateDirectories: true)
        #expect(await demo() == .badInput)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("demo")).isEmpty)
    }

    @Test func aDemoOfNothingIsRefused() async {
        #expect(await Dunlin.run(["demo", "--subscriptions", "0"]) == .badInput)
        #expect(await Dunlin.run(["demo", "--days", "0"]) == .badInput)
    }
}
