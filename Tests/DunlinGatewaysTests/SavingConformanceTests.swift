import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Testing

@testable import DunlinGateways

/// Saving cards and charging in session: what every gateway must do, whatever it speaks.
@Suite struct SavingConformanceTests {
    typealias Variant = Conforming.Variant

    @Test(arguments: Variant.allCases)
    func aCardIsSavedByASetupIntentThatSucceeds(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let created = try await shop.setup(SetupIntentRequest(customerID: shop.customerID))
        #expect(created.status == .requiresPaymentMethod && created.savedCard == nil && created.isLive == false)
        let confirmed = try await shop.value(
            shop.gateway.confirmSetupIntent(
                created.id, SetupIntentConfirmation(paymentMethodID: "pm_card_visa", returnURL: Conforming.back),
                idempotencyKey: "confirm"))
        let saved = try #require(confirmed.savedCard)
        #expect(confirmed.id == created.id && saved.customerID == shop.customerID)
        #expect(try await shop.value(shop.gateway.setupIntent(created.id)).savedCard?.paymentMethodID != nil)
        let cards = try await shop.value(shop.gateway.paymentMethods(ofCustomer: shop.customerID))
        #expect(cards.map(\.id) == [saved.paymentMethodID])
        let request = try shop.request(card: saved.paymentMethodID)
        let intent = try await shop.create(request)
        #expect(await shop.confirm(intent, request).verdict == "value \(intent.id) succeeded")
    }

    @Test(arguments: Variant.allCases)
    func aRawCardIsSavedInOneCallAndNothingOfItComesBack(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let reply = await shop.gateway.createSetupIntent(
            try shop.rawSetup("4111111111111111"), idempotencyKey: "k")
        let saved = try #require(try await shop.value(reply).savedCard)
        #expect(!"\(reply)".contains("4111111111111111") && !"\(reply)".contains("022"))
        let card = try await shop.value(
            shop.gateway.paymentMethod(saved.paymentMethodID, customerID: shop.customerID))
        #expect(card.card?.last4 == "1111" && card.card?.expMonth == 4 && card.card?.expYear == 2027)
    }

    @Test(arguments: Variant.allCases, [true, false])
    func aChallengeIsForTheCustomerAndItsEndIsReadNotBelieved(_ variant: Variant, _ passes: Bool) async throws {
        let shop = try Conforming(variant)
        let intent = try await shop.setup(try shop.rawSetup("4462030000000000"))
        #expect(intent.status == .requiresAction && intent.savedCard == nil)
        let action = try #require(intent.nextAction)
        #expect(action.kind == .redirect && action.url?.hasPrefix("http") == true)
        #expect(action.returnURL == Conforming.back || variant == .wooshpayWithOddTypes)
        #expect(try await shop.value(shop.gateway.setupIntent(intent.id)).savedCard == nil)
        shop.authenticate(intent.id, passes: passes)
        let after = try await shop.value(shop.gateway.setupIntent(intent.id))
        #expect(after.status == (passes ? .succeeded : .requiresPaymentMethod))
        #expect((after.savedCard != nil) == passes && (after.lastError != nil) == !passes)
        #expect(after.nextAction == nil)
    }

    @Test(arguments: Variant.allCases)
    func aCardThatTheBankDoesNotLetBeSavedLeavesTheSetupIntentOpen(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let reply = await shop.gateway.createSetupIntent(
            SetupIntentRequest(
                customerID: shop.customerID, paymentMethodID: "pm_card_visa_chargeDeclined", confirms: true,
                returnURL: Conforming.back), idempotencyKey: "k")
        let intent = try await shop.value(reply)
        #expect(intent.status == .requiresPaymentMethod && intent.savedCard == nil)
        #expect(intent.lastError?.reason == "generic_decline")
        #expect(reply.exchanges.last?.objectID == intent.id)
        let read = try await shop.value(shop.gateway.setupIntent(intent.id))
        #expect(read.lastError?.reason == "generic_decline")
    }

    @Test(arguments: Variant.allCases)
    func metadataIsMergedAndItsKeysCanBeTakenAway(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let created = try await shop.setup(
            SetupIntentRequest(customerID: shop.customerID, metadata: MetadataChange(["a": "1", "b": "2"])))
        #expect(created.metadata == ["a": "1", "b": "2"])
        let merged = try await shop.value(
            shop.gateway.updateSetupIntent(
                created.id,
                SetupIntentChange(
                    description: "spare card", metadata: MetadataChange(["c": "3"], removed: ["a"])),
                idempotencyKey: "u1"))
        #expect(merged.metadata == ["b": "2", "c": "3"] && merged.description == "spare card")
        let emptied = try await shop.value(
            shop.gateway.updateSetupIntent(
                created.id, SetupIntentChange(metadata: MetadataChange(removesAll: true)), idempotencyKey: "u2"))
        #expect(emptied.metadata == [:] && emptied.description == "spare card")
    }

    @Test(arguments: Variant.allCases)
    func aCanceledSetupIntentIsOver(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let created = try await shop.setup(SetupIntentRequest(customerID: shop.customerID))
        let canceled = try await shop.value(
            shop.gateway.cancelSetupIntent(created.id, reason: .duplicate, idempotencyKey: "c"))
        #expect(canceled.status == .canceled && canceled.cancellationReason == "duplicate")
        for reply in [
            await shop.gateway.cancelSetupIntent(created.id, reason: nil, idempotencyKey: "c2"),
            await shop.gateway.updateSetupIntent(
                created.id, SetupIntentChange(description: "x"), idempotencyKey: "u"),
            await shop.gateway.confirmSetupIntent(
                created.id, SetupIntentConfirmation(paymentMethodID: "pm_card_visa", returnURL: Conforming.back),
                idempotencyKey: "cc"),
        ] {
            guard case .refused(let refusal) = reply.result else {
                Issue.record("\(reply.verdict)")
                continue
            }
            #expect(refusal.kind == .wrongState)
            #expect(reply.failure(movesMoney: false)?.kind == .wrongState)
        }
    }

    @Test(arguments: Variant.allCases)
    func aListGoesBothWaysAndToItsEnd(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        var ids: [String] = []
        for _ in 0..<7 {
            ids.insert(
                try await shop.setup(SetupIntentRequest(customerID: shop.customerID), key: "\(ids.count)").id, at: 0)
        }
        let query = SetupIntentQuery(customerID: shop.customerID, limit: 3)
        let first = try await shop.value(shop.gateway.setupIntents(query))
        #expect(first.items.map(\.id) == Array(ids[0..<3]) && first.hasMore)
        var after = query
        after.cursor = .startingAfter(ids[2])
        #expect(try await shop.value(shop.gateway.setupIntents(after)).items.map(\.id) == Array(ids[3..<6]))
        var before = query
        before.cursor = .endingBefore(ids[4])
        #expect(try await shop.value(shop.gateway.setupIntents(before)).items.map(\.id) == Array(ids[1..<4]))
        #expect(try await shop.value(shop.gateway.allSetupIntents(query)).map(\.id) == ids)
        before.cursor = .endingBefore(ids[2])
        #expect(Set(try await shop.value(shop.gateway.allSetupIntents(before)).map(\.id)) == Set(ids[0..<2]))
        let later = SetupIntentQuery(createdFrom: Instant(milliseconds: shop.sandbox.now).adding(days: 1))
        #expect(try await shop.value(shop.gateway.setupIntents(later)).items.isEmpty)
        let ofOther = SetupIntentQuery(paymentMethodID: "pm_1953045900000000009")
        #expect(try await shop.value(shop.gateway.setupIntents(ofOther)).items.isEmpty)
    }

    @Test(arguments: Variant.allCases)
    func aHostedPageBelongsToASetupIntentOfTheCustomer(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let session = try await shop.value(
            shop.gateway.createSetupSession(
                SetupSessionRequest(
                    customerID: shop.customerID, successURL: "https://example.com/saved",
                    cancelURL: "https://example.com/left"), idempotencyKey: "k"))
        #expect(session.url.hasPrefix("http") && session.customerID == shop.customerID)
        #expect(try #require(session.expiresAt).milliseconds(since: Instant(milliseconds: shop.sandbox.now)) > 0)
        let intent = try await shop.value(shop.gateway.setupIntent(try #require(session.setupIntentID)))
        #expect(intent.customerID == shop.customerID && intent.savedCard == nil)
    }

    @Test(arguments: Variant.allCases)
    func aCustomerIsCreatedWithAnAddress(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let customer = try await shop.value(
            shop.gateway.createCustomer(
                CustomerRequest(email: "b@example.com", name: "B"), idempotencyKey: "k"))
        #expect(customer.id.hasPrefix("cus_") && customer.email == "b@example.com" && customer.name == "B")
    }

    // MARK: PaymentIntents in session

    @Test(arguments: Variant.allCases, [true, false])
    func aSavedCardIsChargedWithTheCustomerPresentOrAbsent(_ variant: Variant, _ isOffSession: Bool) async throws {
        let shop = try Conforming(variant)
        var request = HandIntentRequest(
            amount: try shop.request(card: "").amount, customerID: shop.customerID, paymentMethodID: try shop.card(),
            confirms: true, returnURL: "https://example.com/pay/complete")
        request.isOffSession = isOffSession
        let reply = await shop.gateway.create(request, idempotencyKey: "k", deadline: .none)
        #expect(reply.verdict.hasSuffix(" succeeded"))
        #expect(shop.sandbox.audit.successes == 1)
    }

    @Test(arguments: Variant.allCases)
    func whatTheBankWantsInSessionIsRecoveredOnTheSameIntent(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card("pm_card_authenticationRequired"))
        let created = try await shop.create(request)
        _ = await shop.confirm(created, request)
        let read = try await shop.retrieve(created.id)
        if read.status != .requiresAction {
            let reply = await shop.gateway.confirm(
                created.id,
                IntentConfirmation(paymentMethodID: request.paymentMethodID, returnURL: Conforming.back),
                idempotencyKey: "session", deadline: .none)
            #expect(reply.verdict == "value \(created.id) requires_action")
        }
        let asked = try await shop.retrieve(created.id)
        #expect(asked.nextActionURL?.hasPrefix("http") == true)
        shop.authenticate(created.id, passes: true)
        #expect(try await shop.retrieve(created.id).status == .succeeded)
        #expect(shop.sandbox.audit.successes == 1)
    }

    @Test(arguments: Variant.allCases)
    func anIntentIsChangedAndCanceledWithAReason(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let created = try await shop.create(try shop.request(card: try shop.card()))
        let other = try shop.card("pm_card_mastercard")
        let changed = try await shop.value(
            shop.gateway.update(
                created.id, IntentChange(paymentMethodID: other, metadata: MetadataChange(["k": "v"])),
                idempotencyKey: "u"))
        #expect(changed.paymentMethodID == other && changed.metadata == created.metadata)
        #expect(changed.amount == created.amount)
        let canceled = await shop.gateway.cancel(created.id, reason: .requestedByCustomer, idempotencyKey: "c")
        #expect(canceled.verdict == "value \(created.id) canceled")
    }
}

extension Conforming {
    static let back = "https://example.com/back"

    /// The value of a reply, which must have one.
    func value<Value: Sendable>(_ reply: GatewayReply<Value>) async throws -> Value {
        guard case .value(let value) = reply.result else {
            Issue.record("\(reply.verdict)")
            throw CancellationError()
        }
        return value
    }

    func setup(_ request: SetupIntentRequest, key: String = "setup") async throws -> SetupIntentSnapshot {
        try await value(gateway.createSetupIntent(request, idempotencyKey: key))
    }

    func rawSetup(_ number: String) throws -> SetupIntentRequest {
        SetupIntentRequest(
            customerID: customerID,
            card: try CardData(number: number, expMonth: "04", expYear: "2027", code: "022", holder: "XX XXX"),
            usage: .onSession, confirms: true, returnURL: Self.back)
    }

    /// Plays the card holder in front of the bank's page.
    func authenticate(_ intentID: String, passes: Bool) {
        let body = #"{"answer":"\#(passes ? "approve" : "fail")"}"#
        _ = sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/_sandbox/intents/\(intentID)/authenticate",
                headers: ["content-type": "application/json"], body: Array(body.utf8)))
    }
}
