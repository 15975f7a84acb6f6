import DunlinCalendar
import DunlinDatabase
import DunlinImport
import DunlinLedger
import DunlinTesting
import Foundation
import Testing

/// `docs/schema.md` is a contract: what it says is held here.
@Suite struct SchemaDocumentTests {
    private func document() throws -> String {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/schema.md")
        return try String(contentsOf: path, encoding: .utf8)
    }

    private func section(_ title: String) throws -> Substring {
        let text = try document()
        let start = try #require(text.range(of: "\n## \(title)\n")).upperBound
        let end = text[start...].range(of: "\n## ")?.lowerBound ?? text.endIndex
        return text[start..<end]
    }

    @Test(arguments: ImportTable.allCases) func everyColumnIsDocumentedAndNoOther(table: ImportTable) throws {
        var columns: Set<String> = []
        var optional: Set<String> = []
        for line in try section(table.rawValue).split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|")
            let names = (cells.first ?? "").split(separator: "`").filter { !$0.contains(" ") }.map(String.init)
            // The table of the values of bill_from has two columns.
            guard cells.count == 3 else { continue }
            columns.formUnion(names)
            if cells[1].contains("may be left out") { optional.formUnion(names) }
        }
        #expect(columns == Set(table.requiredColumns + table.optionalColumns))
        #expect(optional == Set(table.optionalColumns))
    }

    @Test func theStatementsOfTheDocumentRunOnAnOwnersConnection() async throws {
        let temporary = try TemporaryDatabase.onDisk(Ledger.migrations)
        let bare = try BareConnection(path: try #require(temporary.folder).file("dunlin.db"))
        for title in ["Writing with SQL", "Reading: billing_status"] {
            let parts = try section(title).components(separatedBy: "```")
            for part in parts where part.hasPrefix("sql\n") { try bare.execute(String(part.dropFirst(4))) }
        }
        let stored = try await temporary.database.read { tx in try Subscriptions.find("s-kim", tx) }
        #expect(stored?.status == .canceled)
        #expect(stored?.quantity == 3)
    }
}
