import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Testing

@testable import DunlinGateways

/// Refunds and reads of saved cards: what every gateway must do, whatever it speaks.
@Suite struct RefundConformanceTests {
    typealias Variant = Conforming.Variant

    @Test(arguments: Variant.allCases)
    func aPartAndThenTheRestOfACollectedAmountGoBack(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let paid = try await shop.paid()
        let first = try await shop.refund(paid, minorUnits: 1)
        #expect(first.status == .succeeded && first.amount?.minorUnits == 1 && first.intentID == paid.id)
        #expect(first.metadata.reference == "dl-1" && first.reason == "requested_by_customer")
        guard case .value(let read) = await shop.gateway.refund(first.id).result else {
            Issue.record("the refund cannot be read")
            return
        }
        #expect(read == first)
        let rest = try await shop.refund(paid, minorUnits: 1098, key: "rest")
        #expect(rest.id != first.id)
        let list = await shop.gateway.refunds(ofIntent: paid.id)
        if variant == .stripe {
            #expect(list.verdict == "value \([rest, first])")
        } else {
            #expect(list.verdict == "refused request 0 not_supported" && list.exchanges.isEmpty)
        }
    }

    @Test(arguments: Variant.allCases)
    func moreThanWasCollectedIsRefused(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let paid = try await shop.paid()
        let request = try shop.refundRequest(paid, minorUnits: 1100)
        let reply = await shop.gateway.refund(request, idempotencyKey: "k", deadline: .none)
        guard case .refused(let refusal) = reply.result else {
            Issue.record("\(reply.verdict)")
            return
        }
        #expect(refusal.kind == .request)
    }

    @Test(arguments: Variant.allCases)
    func anAnswerLostAfterARefundIsUnknown(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let paid = try await shop.paid()
        shop.sandbox.addFault(FaultRule(.dropAfter, method: "POST"))
        let request = try shop.refundRequest(paid, minorUnits: 1099)
        let reply = await shop.gateway.refund(request, idempotencyKey: "k", deadline: .none)
        #expect(reply.verdict == "unknown")
    }

    @Test(arguments: Variant.allCases)
    func aRefundIsNotSentOnceItsDeadlineHasPassed(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let request = try shop.refundRequest(try await shop.paid(), minorUnits: 1099)
        let reply = await shop.gateway.refund(request, idempotencyKey: "k", deadline: SendDeadline { true })
        #expect(reply.verdict == "not sent")
    }

    @Test(arguments: Variant.allCases)
    func savedCardsAreReadWithWhatMayBeKeptOfThem(_ variant: Variant) async throws {
        let shop = try Conforming(variant)
        let first = try shop.card()
        let second = try shop.card("pm_card_mastercard")
        guard case .value(let cards) = await shop.gateway.paymentMethods(ofCustomer: shop.customerID).result else {
            Issue.record("the cards cannot be listed")
            return
        }
        #expect(Set(cards.map(\.id)) == [first, second])
        for card in cards {
            let details = try #require(card.card)
            #expect(card.type == "card" && card.customerID == shop.customerID)
            #expect(details.last4 == (card.id == first ? "4242" : "4444"))
            #expect(details.brand == (card.id == first ? "visa" : "mastercard"))
            #expect(details.expMonth != nil && details.expYear != nil && details.fingerprint != nil)
            #expect(details.country == "US" && details.funding == "credit")
            let single = await shop.gateway.paymentMethod(card.id, customerID: shop.customerID)
            #expect(single.verdict == "value \(card)")
        }
        let missing = await shop.gateway.paymentMethod("pm_1953045900000000009", customerID: shop.customerID)
        guard case .refused(let refusal) = missing.result else {
            Issue.record("\(missing.verdict)")
            return
        }
        #expect(refusal.kind == .notFound)
    }
}

extension Conforming {
    /// A PaymentIntent over 1099 that has collected.
    func paid() async throws -> IntentSnapshot {
        let request = try request(card: try card())
        let created = try await create(request)
        guard case .value(let paid) = await confirm(created, request).result else { throw CancellationError() }
        return paid
    }

    func refundRequest(_ intent: IntentSnapshot, minorUnits: Int64) throws -> RefundRequest {
        RefundRequest(
            intentID: intent.id, amount: Money(minorUnits: minorUnits, currency: try #require(Currency("USD"))),
            reason: .requestedByCustomer, metadata: IntentMetadata(reference: "dl-1"))
    }

    func refund(_ intent: IntentSnapshot, minorUnits: Int64, key: String = "k") async throws -> RefundSnapshot {
        let request = try refundRequest(intent, minorUnits: minorUnits)
        let reply = await gateway.refund(request, idempotencyKey: key, deadline: .none)
        guard case .value(let refund) = reply.result else {
            Issue.record("refund: \(reply.verdict)")
            throw CancellationError()
        }
        return refund
    }
}
