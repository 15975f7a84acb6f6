import DunlinSandbox
import Foundation
import Testing

/// A data file is put back to an earlier state, as after a restored backup. The gateway still knows what was
/// collected, and nothing is collected a second time.
@Suite(.fewAtOnce) struct RestoredCopyTests {
    /// - Parameter restoredAfter: seconds after the period came due.
    @Test(arguments: GatewayName.allCases, [3_600, 86_400])
    func aRestoredFileFindsWhatWasCollected(gateway: GatewayName, restoredAfter: Int) async throws {
        let stage = try await Stage(
            gateway, cards: ["pm_card_visa", "pm_card_visa", "pm_card_sandbox_insufficient_funds"]
        ) { $0.ignoresIdempotencyKeys = true }
        let copy = try DataFileCopy(stage.site)
        let first = try await stage.site.pass()
        #expect(first["succeeded"] == 2)
        let confirms = stage.server.count(GatewayRequest.confirm)
        try copy.restore()
        stage.model.sandbox.advance(to: (Dates.startSeconds + Int64(restoredAfter)) * 1000)
        try await stage.site.pass(after: restoredAfter)
        #expect(stage.audit.successes == 2)
        #expect(stage.audit.doubles.isEmpty)
        #expect(try await stage.site.invoices("paid") == 2)
        // The declined debt may be tried once more; the collected ones are not.
        #expect(stage.server.count(GatewayRequest.confirm) <= confirms + 1)
        try await stage.site.prove()
        try await stage.site.pass(after: restoredAfter + 60)
        #expect(stage.audit.successes == 2)
    }

    /// Within the quarter of an hour in which nothing is asked first, it is the idempotency keys that hold: the same debt
    /// has the same name, and so the same keys, in every timeline.
    @Test func aFileRestoredAtOnceRepeatsItsRequestsWithTheirKeys() async throws {
        let stage = try await Stage()
        let copy = try DataFileCopy(stage.site)
        try await stage.site.pass()
        let keys = stage.server.requests.filter(\.writes).compactMap { $0.headers["idempotency-key"] }
        try copy.restore()
        try await stage.site.pass(after: 300)
        let all = stage.server.requests.filter(\.writes).compactMap { $0.headers["idempotency-key"] }
        #expect(Set(all) == Set(keys))
        try await stage.expectsEachCollectedOnce(2)
    }

    /// Where keys are not known to be honoured, the debt is looked up by its name before anything is created.
    @Test func aFileRestoredAtOnceFindsWhatWasCollectedWhereKeysAreIgnored() async throws {
        let stage = try await Stage(.wooshpay) { $0.ignoresIdempotencyKeys = true }
        let copy = try DataFileCopy(stage.site)
        try await stage.site.pass()
        let writes = stage.server.requests.filter(\.writes).count
        try copy.restore()
        stage.model.sandbox.advance(to: (Dates.startSeconds + 300) * 1000)
        try await stage.site.pass(after: 300)
        #expect(stage.server.requests.filter(\.writes).count == writes)
        try await stage.expectsEachCollectedOnce(2)
    }

    /// The copy was made while intents were open at the gateway: one created, one declined, one waiting for a retry.
    @Test(arguments: GatewayName.allCases)
    func aCopyMadeInTheMiddleOfAChargeIsRunAgainWithoutASecondSuccess(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway) { $0.ignoresIdempotencyKeys = true }
        let hold = stage.server.hold(.afterEffect, GatewayRequest.create)
        let worker = try stage.site.start()
        try await worker.waits(for: hold.reached)
        let copy = try DataFileCopy(stage.site)
        hold.letGo()
        #expect(try await worker.end().status == 0)
        #expect(stage.audit.successes == 2)
        try copy.restore()
        try await stage.site.settle(from: 7_200)
        try await stage.expectsEachCollectedOnce(2)
    }

    /// Restored the next month: what was collected in between is found for both periods.
    @Test(arguments: GatewayName.allCases)
    func aFileRestoredAMonthLaterChargesOnlyWhatWasNeverCollected(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway) { $0.ignoresIdempotencyKeys = true }
        let copy = try DataFileCopy(stage.site)
        try await stage.site.pass()
        try copy.restore()
        let month = 31 * 86_400 + 3_600
        stage.model.sandbox.advance(to: (Dates.startSeconds + Int64(month)) * 1000)
        let after = try await stage.site.pass(after: month)
        #expect(after["succeeded"] == 2)
        #expect(after["waiting"] == 2)
        #expect(stage.audit.successes == 4)
        #expect(stage.audit.doubles.isEmpty)
    }
}
