import DunlinCalendar
import DunlinDatabase
import Testing

@testable import DunlinReports

@Suite struct ProverTests {
    private static let now = LedgerRows.now

    private static func prove(
        with options: ProofOptions = ProofOptions(now: now), _ plant: @escaping @Sendable (LedgerRows) throws -> Void
    ) async throws -> Proof {
        let database = try await LedgerRows.database { rows in
            try HealthyLedger.write(rows)
            try plant(rows)
        }
        return try await database.read { try Prover.prove(options, $0) }
    }

    @Test func aHealthyLedgerKeepsEveryPromiseAndSaysHowMuchWasLookedAt() async throws {
        let proof = try await Self.prove { _ in }
        #expect(proof.promises.flatMap(\.violations) == [])
        #expect(proof.ok)
        #expect(proof.promises.map(\.id.rawValue) == ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10"])
        for promise in proof.promises {
            let isShownByTests = ["P3", "P8", "P9"].contains(promise.id.rawValue)
            #expect((promise.checked == 0) == isShownByTests, "\(promise.id)")
            #expect(promise.provenBy.isEmpty != isShownByTests, "\(promise.id)")
        }
    }

    @Test func theUnknownAreCountedWithTheAgeOfTheOldest() async throws {
        let proof = try await Self.prove { _ in }
        #expect(proof.unknown == 1)
        #expect(proof.oldestUnknownSeconds == 7200)
    }

    @Test func anEmptyLedgerIsProvenWithNothingUnknown() async throws {
        let database = try LedgerRows.database()
        let proof = try await database.read { try Prover.prove(ProofOptions(now: Self.now), $0) }
        #expect(proof.ok)
        #expect(proof.unknown == 0)
        #expect(proof.oldestUnknownSeconds == nil)
    }

    @Test(arguments: PlantedViolation.all)
    func aPlantedViolationIsFoundAndNamedWithItsIDs(_ planted: PlantedViolation) async throws {
        let proof = try await Self.prove(planted.plant)
        let promise = try #require(proof.promises.first { $0.id == planted.promise })
        let found = promise.violations.filter { $0.rule == planted.rule }
        #expect(!proof.ok)
        #expect(found.map(\.ids) == [planted.ids], "\(proof.promises.flatMap(\.violations))")
        for id in planted.ids.values { #expect(found.first?.text.contains(id) == true) }
    }

    @Test func aBoundaryThatCameJustBeforeTheNewestPassMayWaitForTheNextOne() async throws {
        let due = Self.now.adding(minutes: -5)
        let plant: @Sendable (LedgerRows) throws -> Void = { rows in
            try rows.tx.execute("UPDATE billing_state SET next_boundary_at = ?1 WHERE subscription_id = 'sub1'", due)
            try rows.tx.execute("UPDATE billing_state SET time_zone_data = 'other' WHERE subscription_id = 'sub1'")
        }
        #expect(try await Self.prove(plant).ok)
        let strict = try await Self.prove(with: ProofOptions(now: Self.now, plannedThrough: Self.now), plant)
        #expect(strict.promises[1].violations.map(\.rule) == ["boundary_without_record"])
    }

    @Test func aChangedScheduleIsLeftToTheNextPass() async throws {
        let proof = try await Self.prove { rows in
            try rows.tx.execute("UPDATE subscriptions SET anchor = '2026-08-15' WHERE id = 'sub1'")
        }
        #expect(proof.ok)
    }

    @Test func aNewSubscriptionWaitsForItsFirstPass() async throws {
        let proof = try await Self.prove { rows in try rows.subscription("sub99") }
        #expect(proof.ok)
    }

    @Test func theDaysOfAVoidInvoiceMayBeBilledAgain() async throws {
        let proof = try await Self.prove { rows in
            try rows.tx.execute("UPDATE invoices SET state = 'void', closed_at = ?1 WHERE id = 91", Self.now)
            try rows.invoice(
                95, of: "sub9", customer: "cus9", from: "2026-11-02", to: "2026-12-01", waitsFor: "scheduled")
            try rows.job("charge-invoice/95")
        }
        #expect(proof.ok, "\(proof.promises.flatMap(\.violations))")
    }

    @Test func onlyTheFirstViolationsOfARuleAreListedAndAllAreCounted() async throws {
        let proof = try await Self.prove(with: ProofOptions(now: Self.now, violationsMax: 3)) { rows in
            try rows.tx.execute("DELETE FROM decisions WHERE kind = 'waiting'")
        }
        #expect(proof.promises[1].violations.count == 3)
        #expect(proof.promises[1].violationCount == 9)
    }

    @Test func proofWritesNothing() async throws {
        let database = try await LedgerRows.database(HealthyLedger.write)
        let before = try await Self.changes(database)
        _ = try await database.read { try Prover.prove(ProofOptions(now: Self.now), $0) }
        #expect(try await Self.changes(database) == before)
    }

    private static func changes(_ database: Database) async throws -> Int64? {
        try await database.read { try $0.value("SELECT total_changes()", as: Int64.self) }
    }
}
