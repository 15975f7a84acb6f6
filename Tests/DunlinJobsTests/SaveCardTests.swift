import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What a SetupIntent proves, and what nothing else does.
@Suite struct SaveCardTests {
    /// The first card of the stage's customer is there; a second one is being saved, and the bank wants a challenge.
    private static func challenged(_ kind: GatewayKind) async throws -> (stage: Stage, setupIntentID: String) {
        let stage = try Stage { $0.kind = kind }
        try await stage.customer()
        let customer = try await stage.database.read { tx in try Customers.find("c1", tx) }
        let id = try stage.post(
            "/v1/setup_intents",
            "customer=\(try #require(customer).gatewayCustomerID)&payment_method=pm_card_threeDSecure2Required"
                + "&usage=off_session&confirm=true&return_url=https%3A%2F%2Fexample.com%2Fback")
        return (stage, id)
    }

    private static func saving(_ stage: Stage) throws -> SaveCard {
        let clock = stage.clock
        return SaveCard(database: stage.database, gateway: try stage.driver(), now: { clock.now })
    }

    @Test(arguments: GatewayKind.allCases)
    func aCardIsStoredOnceItsSetupIntentReadsAsSucceededAndNotBefore(_ kind: GatewayKind) async throws {
        let (stage, id) = try await Self.challenged(kind)
        let saving = try Self.saving(stage)
        guard case .nothingSaved = try await saving.run(setupIntentID: id) else {
            Issue.record("a challenge that is open saves nothing")
            return
        }
        #expect(try await stage.text("SELECT id FROM payment_methods") == ["c1-card"])
        #expect(try await stage.text("SELECT status FROM setup_intents") == ["requires_action"])
        #expect(stage.sandbox.authenticate(intentID: id, .approve))
        guard case .stored(.added(let row), _) = try await saving.run(setupIntentID: id) else {
            Issue.record("the card is not stored")
            return
        }
        let method = try #require(try await stage.database.read { tx in try PaymentMethods.find(row, tx) })
        #expect(method.customerID == "c1" && method.last4 == "3220" && !method.isDefault)
        #expect(method.consentAt != nil || kind == .wooshpay)
        #expect(try await stage.text("SELECT status FROM setup_intents") == ["succeeded"])
        #expect(try await stage.activity("payment_method_saved") == 1)
        guard case .stored(.unchanged, _) = try await saving.run(setupIntentID: id) else {
            Issue.record("a second look changes nothing")
            return
        }
        #expect(try await stage.activity("payment_method_saved") == 1)
    }

    @Test func aSetupThatFailedOrBelongsToNobodyHereStoresNothing() async throws {
        let (stage, id) = try await Self.challenged(.stripe)
        #expect(stage.sandbox.authenticate(intentID: id, .fail))
        guard case .nothingSaved(let intent) = try await Self.saving(stage).run(setupIntentID: id) else {
            Issue.record("a failed setup saves nothing")
            return
        }
        #expect(intent.lastError != nil)
        let stranger = try stage.post("/v1/customers", "email=x%40example.com")
        let foreign = try stage.post(
            "/v1/setup_intents",
            "customer=\(stranger)&payment_method=pm_card_visa&confirm=true&payment_method_types[0]=card")
        let outcome = try await Self.saving(stage).run(setupIntentID: foreign)
        guard case .stored(.customerNotHere(stranger), _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(try await stage.text("SELECT id FROM payment_methods") == ["c1-card"])
    }

    @Test func withoutAnAnswerNothingIsStoredAndTheCallIsKept() async throws {
        let (stage, _) = try await Self.challenged(.stripe)
        guard case .notRead(let failure) = try await Self.saving(stage).run(setupIntentID: "seti_missing") else {
            Issue.record("there is no such SetupIntent")
            return
        }
        #expect(failure.kind == .notFound && !failure.moneyMayHaveMoved)
        #expect(try await stage.text("SELECT path FROM exchanges") == ["/v1/setup_intents/seti_missing"])
        #expect(try await stage.text("SELECT gateway_id FROM setup_intents") == [])
    }

    @Test func whatTheGatewayHasIsSyncedAndWhatItLacksIsNamed() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.card("c1-spare", of: "c1", "pm_card_mastercard", isDefault: false)
        let customer = try await stage.database.write { tx in
            try PaymentMethods.upsert(
                PaymentMethod(id: "c1-gone", customerID: "c1", gatewayPaymentMethodID: "pm_gone"), tx)
            return try Customers.find("c1", tx)
        }
        let clock = stage.clock
        let sync = SyncCards(database: stage.database, gateway: try stage.driver(), now: { clock.now })
        let row = try #require(customer)
        guard case .synced(let first) = try await sync.run(row) else {
            Issue.record("the cards cannot be read")
            return
        }
        #expect(Set(first.stored) == [.changed("c1-card"), .changed("c1-spare")] && first.missing == ["c1-gone"])
        guard case .synced(let second) = try await sync.run(row) else { return }
        #expect(Set(second.stored) == [.unchanged("c1-card"), .unchanged("c1-spare")])
        let last4 = try await stage.text("SELECT last4 FROM payment_methods WHERE last4 IS NOT NULL ORDER BY id")
        #expect(last4 == ["4242", "4444"])
    }

    // MARK: What stands beside it

    @Test func anInvoiceThatWaitsForItsNextTryIsChargedWhenAPersonAsks() async throws {
        let stage = try Stage()
        stage.script(try await stage.customer(), ["insufficient_funds"])
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        let id = try await stage.invoice().id
        let now = stage.clock.now
        let answer = try await stage.database.write { tx in try ChargeNow.request(invoiceID: id, now: now, tx) }
        guard case .ready = answer else {
            Issue.record("\(answer)")
            return
        }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().state == .paid)
        let again = try await stage.database.write { tx in try ChargeNow.request(invoiceID: id, now: now, tx) }
        guard case .refused(_, "it is paid") = again else {
            Issue.record("\(again)")
            return
        }
        #expect(try await stage.violations() == [])
    }
}
