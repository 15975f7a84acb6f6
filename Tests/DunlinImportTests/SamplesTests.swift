import DunlinCalendar
import DunlinCore
import DunlinImport
import DunlinLedger
import DunlinTesting
import Foundation
import Testing

/// The readable rows of `config/samples/`.
@Suite struct SamplesTests {
    private func sources() -> [ImportSource] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../config/samples")
        return ImportTable.allCases.map { table in .file(root.appending(path: "\(table.rawValue).csv").path) }
    }

    @Test func everySampleRowIsAcceptedAndTheSameAgainChangesNothing() async throws {
        let fixture = try ImportFixture()
        let currencies = ["EUR", "USD", "JPY", "KWD", "GBP", "SGD"].compactMap { Currency($0) }
        let rows = currencies.map { ($0, GatewayCurrencies.Row(digits: $0.minorUnitDigits)) }
        let taken = GatewayCurrencies(Dictionary(uniqueKeysWithValues: rows))
        let importer = Importer(
            database: fixture.database, gateways: ["stripe": taken, "wooshpay": taken],
            temporaryFolder: fixture.folder.path)
        let first = try await importer.apply(sources(), now: fixture.now)
        #expect(first.problems.lines == [])
        #expect(first.conflicts.isEmpty && first.notes.isEmpty)
        #expect(ImportTable.allCases.map { first.tables[$0]?.rows.added } == [10, 10, 10, 10])
        #expect(first.forecast?.parked == 0)
        #expect(first.prices.map(\.currency) == currencies.sorted())
        let second = try await importer.apply(sources(), now: fixture.now)
        #expect(ImportTable.allCases.map { second.tables[$0]?.rows.unchanged } == [10, 10, 10, 10])
    }
}
