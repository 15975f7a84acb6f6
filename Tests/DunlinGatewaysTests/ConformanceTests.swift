import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Testing

@testable import DunlinGateways

/// What every gateway must do, whatever it speaks. A new driver is done when it passes.
@Suite struct ConformanceTests {
    typealias Variant = Conforming.Variant

    @Test(arguments: Variant.allCases)
    func aSavedCardIsChargedInTwoSteps(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card())
        let created = try await shop.create(request)
        #expect(created.status == .requiresConfirmation)
        #expect(shop.expectation(request).difference(from: created) == nil)
        #expect(created.latestCharge == nil && created.lastDecline == nil)
        #expect(shop.sandbox.audit.successes == 0)
        let confirmed = await shop.confirm(created, request)
        #expect(confirmed.verdict == "value \(created.id) succeeded")
        let read = try await shop.retrieve(created.id)
        #expect(read.status == .succeeded)
        #expect(shop.expectation(request).difference(from: read) == nil)
        #expect(read.isLive == false && read.paymentMethodID == request.paymentMethodID)
        #expect(try #require(read.createdAt).milliseconds(since: Harness.start).magnitude < 1000)
    }

    @Test(arguments: Variant.allCases)
    func aRepeatedConfirmCollectsNothing(_ variant: Variant) async throws {
        let shop = try Conforming(variant) { $0.ignoresIdempotencyKeys = true }
        let request = try shop.request(card: try shop.card())
        let created = try await shop.create(request)
        for attempt in 1...3 { _ = await shop.confirm(created, request, attempt: attempt) }
        #expect(try await shop.retrieve(created.id).status == .succeeded)
        #expect(shop.sandbox.audit.successes == 1)
    }

    @Test(arguments: Variant.allCases)
    func aDeclineIsADeclineWithItsReasonAndAnotherCardMayFollow(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card("pm_card_sandbox_insufficient_funds"))
        let created = try await shop.create(request)
        let reply = await shop.confirm(created, request)
        guard case .declined(_, let decline) = reply.result else {
            Issue.record("\(reply.verdict)")
            return
        }
        #expect(decline.reason == "insufficient_funds")
        let read = try await shop.retrieve(created.id)
        #expect(read.status == .requiresPaymentMethod && read.latestCharge != nil)
        #expect(AttemptBaseline(charge: created.latestCharge).outcome(read: read) != nil)
        #expect(AttemptBaseline(charge: read.latestCharge).outcome(read: read) == nil)
        let second = try shop.request(card: try shop.card())
        #expect(await shop.confirm(created, second, attempt: 2).verdict == "value \(created.id) succeeded")
        #expect(try await shop.retrieve(created.id).paymentMethodID == second.paymentMethodID)
    }

    @Test(arguments: Variant.allCases)
    func authenticationIsTheCustomersAffair(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card("pm_card_authenticationRequired"))
        let created = try await shop.create(request)
        let outcome = AttemptBaseline(charge: nil).outcome(
            confirmed: (await shop.confirm(created, request)).result, namesIntent: true, isResumed: false)
        guard case .needsCustomer = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let read = try await shop.retrieve(created.id)
        #expect(read.status == .requiresAction || read.lastDecline?.asksForCustomer == true)
        if read.status == .requiresAction { #expect(read.nextActionURL?.hasPrefix("http") == true) }
    }

    @Test(arguments: Variant.allCases)
    func anAnswerLostAfterACreateIsFoundByReference(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card(), reference: "dl-lost")
        #expect(await shop.find("dl-lost").verdict == "value []")
        shop.sandbox.addFault(FaultRule(.dropAfter, method: "POST"))
        let reply = await shop.gateway.create(request, idempotencyKey: "k", deadline: .none)
        #expect(reply.verdict == "unknown")
        guard case .value(let found) = await shop.find("dl-lost").result else {
            Issue.record("the look-up failed")
            return
        }
        #expect(found.count == 1)
        #expect(found.allSatisfy { shop.expectation(request).difference(from: $0) == nil })
        #expect(await shop.find("dl-los").verdict == "value []")
    }

    @Test(
        arguments: Variant.allCases,
        [FaultRule.Kind.dropAfter, .silentAfter, .errorAfter, .htmlAfter, .truncated])
    func anAnswerLostAfterAConfirmIsUnknownUntilItIsRead(_ variant: Variant, _ fault: FaultRule.Kind) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card())
        let created = try await shop.create(request)
        shop.sandbox.addFault(FaultRule(fault, method: "POST"))
        #expect(await shop.confirm(created, request).verdict == "unknown")
        #expect(try await shop.retrieve(created.id).status == .succeeded)
        #expect(shop.sandbox.audit.successes == 1)
    }

    @Test(
        arguments: Variant.allCases,
        [FaultRule.Kind.dropBefore, .silentBefore, .errorBefore, .htmlBefore])
    func aRequestThatNeverArrivedIsUnknownAndReadsAsNotConfirmed(
        _ variant: Variant, _ fault: FaultRule.Kind
    ) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card())
        let created = try await shop.create(request)
        shop.sandbox.addFault(FaultRule(fault, method: "POST", frequency: .nth(1)))
        #expect(await shop.confirm(created, request).verdict == "unknown")
        let read = try await shop.retrieve(created.id)
        #expect(AttemptBaseline(charge: created.latestCharge).outcome(read: read) == nil)
        #expect(await shop.confirm(created, request, attempt: 2).verdict == "value \(created.id) succeeded")
        #expect(shop.sandbox.audit.successes == 1)
    }

    @Test(arguments: Variant.allCases)
    func aCanceledIntentCollectsNothingAnyMore(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card())
        let created = try await shop.create(request)
        let canceled = await shop.gateway.cancel(created.id, idempotencyKey: "c")
        #expect(canceled.verdict == "value \(created.id) canceled")
        let late = await shop.confirm(created, request)
        guard case .refused(let refusal) = late.result else {
            Issue.record("\(late.verdict)")
            return
        }
        #expect(refusal.kind == .wrongState)
        #expect(try await shop.retrieve(created.id).status == .canceled)
        #expect(shop.sandbox.audit.successes == 0)
    }

    @Test(arguments: Variant.allCases)
    func whatIsNotThereIsNotFound(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card())
        let missing = IntentSnapshot(id: "pi_1953045900000000009", status: .processing)
        for reply in [
            await shop.gateway.retrieve(missing.id), await shop.gateway.cancel(missing.id, idempotencyKey: "c"),
            await shop.confirm(missing, request),
        ] {
            guard case .refused(let refusal) = reply.result else {
                Issue.record("\(reply.verdict)")
                continue
            }
            #expect(refusal.kind == .notFound)
        }
    }

    @Test(arguments: Variant.allCases)
    func aKeyThatIsNotKnownHaltsTheGateway(_ variant: Variant) async throws {
        let known = try Conforming(variant)
        let card = try known.card()
        let shop = try Conforming(variant) { $0.keys = [Conforming.key] }
        let settings = GatewaySettings(
            name: "main", kind: variant.kind, key: Secret("sk_test_another"), userAgent: "dunlin/0.1.0")
        let gateway = try settings.gateway(
            environment: GatewayEnvironment(
                transport: SandboxTransport(sandbox: shop.sandbox), now: { Harness.start }, sleep: { _ in },
                randomBits: { 0 }))
        let request = try shop.request(card: card)
        #expect(await gateway.probe().verdict == "refused key 401 -")
        #expect(await gateway.identify().verdict == "refused key 401 -")
        let create = await gateway.create(request, idempotencyKey: "k", deadline: .none)
        guard case .refused(let refusal) = create.result else {
            Issue.record("\(create.verdict)")
            return
        }
        #expect(refusal.kind == .key)
    }

    @Test(arguments: Variant.allCases)
    func aProbeTellsTheTimeThere(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        for reply in [await shop.gateway.probe(), await shop.gateway.identify()] {
            guard case .value(let identity) = reply.result else {
                Issue.record("\(reply.verdict)")
                continue
            }
            #expect(identity.date == Harness.start)
        }
        guard case .value(let identity) = await shop.gateway.identify().result else { return }
        #expect(identity.account == (variant == .stripe ? shop.sandbox.accountID : nil))
    }

    @Test(arguments: Variant.allCases)
    func aMethodThatIsNotThereIsRefused(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: "pm_1953045900000000009")
        let reply = await shop.gateway.create(request, idempotencyKey: "k", deadline: .none)
        guard case .refused(let refusal) = reply.result else {
            Issue.record("\(reply.verdict)")
            return
        }
        #expect(refusal.kind == .request || refusal.kind == .notFound)
    }

    @Test(arguments: Variant.allCases)
    func aLimitIsAThrottleOnReadsAndNeverADeclineOnWrites(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.request(card: try shop.card())
        let created = try await shop.create(request)
        shop.sandbox.addFault(FaultRule(.rateLimited, retryAfterSeconds: 60))
        #expect(await shop.gateway.retrieve(created.id).verdict == "throttled rate 60")
        let write = await shop.confirm(created, request).verdict
        #expect(write == (variant == .stripe ? "throttled rate 60" : "unknown"))
        shop.sandbox.removeFaults()
        shop.sandbox.addFault(FaultRule(.lockTimeout, method: "POST"))
        let locked = await shop.confirm(created, request).verdict
        #expect(locked == (variant == .stripe ? "throttled lock -" : "unknown"))
        #expect(shop.sandbox.audit.successes == 0)
    }

    // MARK: What only one of them promises

    @Test func everyPageOfAListIsRead() async throws {
        let shop = try Conforming(.stripe)
        let card = try shop.card()
        for number in 0..<250 { _ = try await shop.create(try shop.request(card: card, reference: "dl-\(number)")) }
        let query = IntentQuery(customerID: nil, createdFrom: Harness.start.adding(days: -1))
        let reply = await shop.gateway.intents(query)
        guard case .value(let intents) = reply.result else {
            Issue.record("\(reply.verdict)")
            return
        }
        #expect(Set(intents.compactMap(\.metadata.reference)) == Set((0..<250).map { "dl-\($0)" }))
        #expect(reply.exchanges.count == 3)
        let later = IntentQuery(customerID: nil, createdFrom: Instant(milliseconds: shop.sandbox.now).adding(days: 1))
        #expect(await shop.gateway.intents(later).verdict == "value []")
    }

    @Test func aKeyRepeatsItsAnswerAndSaysSo() async throws {
        let shop = try Conforming(.stripe)
        let request = try shop.request(card: try shop.card("pm_card_sandbox_insufficient_funds_1"))
        let first = await shop.gateway.createAndConfirm(request, idempotencyKey: "same", deadline: .none)
        let second = await shop.gateway.createAndConfirm(request, idempotencyKey: "same", deadline: .none)
        #expect(first.verdict.hasPrefix("declined pi_") && first.verdict == second.verdict)
        #expect(first.exchanges.map(\.isReplay) == [false] && second.exchanges.map(\.isReplay) == [true])
        let other = try shop.request(card: request.paymentMethodID, minorUnits: 2000)
        let reused = await shop.gateway.createAndConfirm(other, idempotencyKey: "same", deadline: .none)
        #expect(reused.verdict == "refused idempotency 400 -")
    }
}
