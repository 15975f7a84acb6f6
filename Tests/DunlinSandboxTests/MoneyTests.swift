import DunlinSandbox
import Testing

@Suite struct MoneyTests {
    private let client = TestClient()

    private func advance(seconds: Int64) { client.sandbox.advance(to: client.sandbox.now + seconds * 1000) }

    @Test func aRefundNeverExceedsWhatWasCollected() {
        let paid = client.charge(client.savedCard(), amount: 1000)
        #expect(client.stripe("POST", "/v1/refunds", "payment_intent=\(paid.id)&amount=400").status == 200)
        let tooMuch = client.stripe("POST", "/v1/refunds", "payment_intent=\(paid.id)&amount=601")
        #expect(tooMuch.status == 400)
        #expect(tooMuch.error["param"]?.string == "amount")
        #expect(tooMuch.error["code"] == nil)
        #expect(client.stripe("POST", "/v1/refunds", "payment_intent=\(paid.id)")["amount"]?.integer == 600)
        let over = client.stripe("POST", "/v1/refunds", "payment_intent=\(paid.id)")
        #expect(over.error["code"]?.string == "charge_already_refunded")
        #expect(client.sandbox.audit.totalsByCurrency["usd"]?.refunded == 1000)
    }

    @Test func aRefundMayTakeItsTimeOrFailAfterwards() {
        let slow = client.charge(client.savedCard("pm_card_pendingRefund"))
        let pending = client.stripe("POST", "/v1/refunds", "payment_intent=\(slow.id)")
        #expect(pending["status"]?.string == "pending")
        let doomed = client.charge(client.savedCard("pm_card_refundFail"))
        let failing = client.stripe("POST", "/v1/refunds", "payment_intent=\(doomed.id)")
        #expect(failing["status"]?.string == "succeeded")
        advance(seconds: 60)
        #expect(client.stripe("GET", "/v1/refunds/\(pending.id)")["status"]?.string == "succeeded")
        let failed = client.stripe("GET", "/v1/refunds/\(failing.id)")
        #expect(failed["status"]?.string == "failed")
        #expect(failed["failure_reason"]?.string == "expired_or_canceled_card")
        let charge = client.stripe("GET", "/v1/charges/\(doomed["latest_charge"]?.string ?? "")")
        #expect(charge["amount_refunded"]?.integer == 0)
        #expect(client.sandbox.audit.totalsByCurrency["usd"]?.refunded == 1099)
    }

    @Test func aDisputeHoldsTheMoneyUntilItIsWon() {
        let paid = client.charge(client.savedCard("pm_card_createDispute"))
        advance(seconds: 2)
        let dispute = client.stripe("GET", "/v1/disputes", "payment_intent=\(paid.id)")["data"]?[0] ?? .null
        #expect(dispute["status"]?.string == "needs_response")
        let refund = client.stripe("POST", "/v1/refunds", "payment_intent=\(paid.id)")
        #expect(refund.error["code"]?.string == "charge_disputed")
        let id = dispute["id"]?.string ?? ""
        let won = client.stripe("POST", "/v1/disputes/\(id)", "evidence[uncategorized_text]=winning_evidence")
        #expect(won["status"]?.string == "won")
        #expect(won["balance_transactions"]?.array?.map { $0["amount"]?.integer } == [-1099, 1099])
        let types = client.stripe("GET", "/v1/events", "limit=4")["data"]?.array?.map { $0["type"]?.string }
        #expect(
            types == [
                "charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.dispute.funds_withdrawn",
                "charge.dispute.created",
            ])
    }

    @Test func anInquiryWithdrawsNothing() {
        let paid = client.charge(client.savedCard("pm_card_createDisputeInquiry"))
        advance(seconds: 2)
        let dispute = client.stripe("GET", "/v1/disputes", "payment_intent=\(paid.id)")["data"]?[0] ?? .null
        #expect(dispute["status"]?.string == "warning_needs_response")
        #expect(dispute["balance_transactions"]?.array == [])
    }

    @Test func aPayoutTakesWhatIsAvailableAndNamesItsTransactions() {
        let saved = client.savedCard()
        client.charge(saved, amount: 10_000)
        #expect(client.stripe("POST", "/v1/payouts", "currency=usd").error["code"]?.string == "balance_insufficient")
        advance(seconds: 3 * 86_400)
        let payout = client.stripe("POST", "/v1/payouts", "currency=usd")
        let net: Int64 = 10_000 - (290 + 30)
        #expect(payout["amount"]?.integer == net)
        let transactions = client.stripe("GET", "/v1/balance_transactions", "payout=\(payout.id)")["data"]?.array ?? []
        #expect(transactions.map { $0["type"]?.string } == ["payout", "charge"])
        #expect(transactions.compactMap { $0["net"]?.integer }.reduce(0, +) == 0)
        let balance = client.stripe("GET", "/v1/balance")
        #expect(balance["available"]?[0]?["amount"]?.integer == 0)
        advance(seconds: 86_400)
        #expect(client.stripe("GET", "/v1/payouts/\(payout.id)")["status"]?.string == "paid")
    }

    @Test(arguments: [
        ("usd", 49, "amount_too_small"), ("jpy", 49, "amount_too_small"), ("usd", 100_000_000, "amount_too_large"),
        ("isk", 550, "invalid_charge_amount"), ("kwd", 5125, "invalid_charge_amount"),
        ("usd", 0, "parameter_invalid_integer"),
    ])
    func anAmountOutsideTheRulesIsRefused(currency: String, amount: Int, code: String) {
        let answer = client.stripe("POST", "/v1/payment_intents", "amount=\(amount)&currency=\(currency)")
        #expect(answer.status == 400)
        #expect(answer.error["code"]?.string == code)
        #expect(answer.error["param"]?.string == "amount")
    }

    @Test func anUnknownCurrencyIsRefused() {
        let answer = client.stripe("POST", "/v1/payment_intents", "amount=100&currency=xyz")
        #expect(answer.error["param"]?.string == "currency")
    }
}
