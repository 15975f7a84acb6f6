import DunlinCalendar
import DunlinCore
import DunlinDatabase
import Foundation
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
            #expect((promise.checked > 0) == promise.id.isShownByData, "\(promise.id)")
            #expect(!promise.id.isShownByData || promise.provenBy.isEmpty, "\(promise.id)")
        }
    }

    @Test(arguments: PromiseID.allCases.flatMap(\.provenBy))
    func aTestThatIsNamedAsProofExists(name: String) throws {
        let parts = name.split(separator: "/").map(String.init)
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appending(path: "\(parts[0])/\(parts[1]).swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        if parts.count == 3 { #expect(text.contains("func \(parts[2])(")) }
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

    @Test func aChargeThatIsDueSoonFindsOutByItselfThatItsInvoiceWaits() async throws {
        let proof = try await Self.prove { rows in
            try rows.job("charge-invoice/71", runAt: Self.now.adding(hours: 1))
            try rows.job("charge-invoice/61", "running")
        }
        #expect(proof.ok, "\(proof.promises.flatMap(\.violations))")
    }

    /// Invoice 20 is paid by its attempt 1, invoice 61 is being ended after its attempt 1.
    @Test func whatWasWrittenAfterADebtHadEndedIsToldByNumbersAndNotByClocks() async throws {
        func rules(_ plant: @escaping @Sendable (LedgerRows) throws -> Void) async throws -> [String] {
            try await Self.prove(plant).promises.flatMap(\.violations).map(\.rule)
        }
        @Sendable func second(of invoice: Int64, _ number: Int64, _ rows: LedgerRows) throws {
            try rows.attempt(
                invoice + 5, of: invoice, intent: invoice, "declined", number: 2,
                writtenAt: Self.now.adding(minutes: -200), method: "pm\(number)", cardKey: "card\(number)",
                customer: "cus\(number)")
        }
        #expect(try await rules { try second(of: 61, 6, $0) } == ["attempt_after_end"])
        #expect(try await rules { try second(of: 20, 2, $0) } == ["attempt_after_end"])
        let late = Self.now.milliseconds
        #expect(
            try await rules {
                try $0.tx.execute("UPDATE attempts SET written_at = ?1, ended_at = ?1 WHERE id IN (20, 61)", late)
            } == [])
    }

    /// Whoever stood still until the debt had ended is held back by the send deadline, and notes that he was.
    @Test(
        arguments: [(Exchange.notSent + "its deadline had passed", []), ("no answer", ["sent_again_after_end"])]
            as [(String, [String])])
    func aConfirmThatNeverLeftWasNotSentAgain(fault: String, rules: [String]) async throws {
        let proof = try await Self.prove { rows in
            let path = "/v1/payment_intents/pi_91/confirm"
            try rows.exchange(path, invoice: 91, attempt: 1, at: LedgerRows.at("2026-11-01T00:01:00Z"))
            try rows.exchange(path, invoice: 91, attempt: 1, at: Self.now.adding(hours: 1), fault: fault)
        }
        #expect(proof.promises.flatMap(\.violations).map(\.rule) == rules)
    }

    /// The clocks of two workers differ, the order of their rows does not.
    @Test(arguments: [(Int64(25), []), (35, ["attempt_after_final_decline"])] as [(Int64, [String])])
    func whichOfTwoAttemptsCameFirstIsToldByTheirRowsAndNotByClocks(id: Int64, rules: [String]) async throws {
        let proof = try await Self.prove { rows in
            try rows.attempt(
                id, of: 21, intent: 21, "declined", number: 2, writtenAt: Self.now, declineClass: "funds",
                method: "pm2", cardKey: "card3", customer: "cus2")
        }
        #expect(proof.promises.flatMap(\.violations).map(\.rule) == rules)
    }

    /// Attempt 21 was the newest when the fingerprint of its card was learned, and another method of that card had met a
    /// final decline before.
    @Test(
        arguments: [(35, []), (nil, ["attempt_after_final_decline", "attempt_on_closed_card"])]
            as [(Int64?, Set<String>)])
    func whatNobodyKnewOfACardIsHeldAgainstNoAttempt(learnedAfter: Int64?, rules: Set<String>) async throws {
        let proof = try await Self.prove { rows in
            try rows.attempt(
                35, of: 21, intent: 21, "declined", number: 2, writtenAt: Self.now, declineClass: "funds",
                method: "pm2", cardKey: "card3", customer: "cus2")
            try rows.tx.execute("UPDATE attempts SET card_learned_after = ?1 WHERE id = 35", learnedAfter)
            try rows.tx.execute(
                """
                INSERT INTO retry_budget (gateway, card_key, closed_at, closed_after, reason)
                VALUES ('stripe', 'card3', ?1, 31, 'lost')
                """, Self.now)
        }
        #expect(Set(proof.promises.flatMap(\.violations).map(\.rule)) == rules)
    }

    @Test func whatTheCustomerDidInSessionUsesUpNoBudgetOfANetwork() async throws {
        func rules(onSession: Int64) async throws -> [String] {
            try await Self.prove { rows in
                try rows.method("pmX", of: "cus2", brand: "mastercard", isBackup: true)
                for number in Int64(1)...11 {
                    try rows.attempt(
                        1000 + number, of: 21, intent: 21, "declined", number: Int(number) + 1,
                        writtenAt: Self.now.adding(minutes: 10 * number - 240), declineClass: "funds", method: "pmX",
                        cardKey: "cardX", customer: "cus2")
                }
                try rows.tx.execute("UPDATE attempts SET is_on_session = ?1 WHERE id = 1005", onSession)
            }.promises.flatMap(\.violations).map(\.rule)
        }
        #expect(try await rules(onSession: 0) == ["mastercard_ten_a_day"])
        #expect(try await rules(onSession: 1) == [])
    }

    @Test func aReferenceThatLeadsNowhereIsFound() async throws {
        let database = try await LedgerRows.database(HealthyLedger.write)
        var violations: [Violation] = []
        do {
            try await database.write { tx in
                try tx.execute("PRAGMA defer_foreign_keys = ON")
                try tx.execute("UPDATE attempts SET payment_method_id = 'nobody' WHERE id = 21")
                let proof = try Prover.prove(ProofOptions(now: Self.now), tx)
                throw Found(violations: proof.promises.flatMap(\.violations))
            }
        } catch let found as Found {
            violations = found.violations
        }
        #expect(violations.map(\.rule) == ["broken_reference"])
        #expect(violations.first?.text.contains("attempts refers to a row of payment_methods") == true)
    }

    private struct Found: Error {
        let violations: [Violation]
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
