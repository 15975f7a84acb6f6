import DunlinSandbox
import Testing

@Suite struct ChargeTests {
    private let client = TestClient()

    @Test func aSavedCardIsChargedOffSession() {
        let saved = client.savedCard()
        let answer = client.charge(saved, more: "&metadata[dunlin_reference]=ref-1")
        #expect(answer.status == 200)
        #expect(answer["status"]?.string == "succeeded")
        #expect(answer["amount_received"]?.integer == 1099)
        #expect(answer["latest_charge"]?.string?.hasPrefix("ch_") == true)
        #expect(client.sandbox.audit.successesByReference == ["ref-1": 1])
    }

    @Test func anIntentCreatedUnconfirmedIsConfirmedByItsID() {
        let saved = client.savedCard()
        let created = client.stripe(
            "POST", "/v1/payment_intents",
            "amount=500&currency=eur&customer=\(saved.customer)&payment_method=\(saved.method)"
                + "&payment_method_types[0]=card")
        #expect(created["status"]?.string == "requires_confirmation")
        #expect(client.sandbox.audit.successes == 0)
        let confirmed = client.stripe("POST", "/v1/payment_intents/\(created.id)/confirm", "off_session=true")
        #expect(confirmed["status"]?.string == "succeeded")
        let again = client.stripe("POST", "/v1/payment_intents/\(created.id)/confirm", "off_session=true")
        #expect(again.status == 400)
        #expect(again.error["code"]?.string == "payment_intent_unexpected_state")
        #expect(again.error["payment_intent"]?["id"]?.string == created.id)
        #expect(client.sandbox.audit.successes == 1)
    }

    @Test(arguments: [
        ("pm_card_sandbox_insufficient_funds", "card_declined", "insufficient_funds", "try_again_later"),
        ("pm_card_sandbox_lost_card", "card_declined", "lost_card", "do_not_try_again"),
        ("pm_card_sandbox_expired_card", "expired_card", "expired_card", "confirm_card_data"),
        ("pm_card_sandbox_processing_error", "processing_error", "processing_error", "try_again_later"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline", "try_again_later"),
    ])
    func aDeclineIsA402WithTheIntentInside(token: String, code: String, declineCode: String, advice: String) {
        let answer = client.charge(client.savedCard(token))
        #expect(answer.status == 402)
        #expect(answer.error["type"]?.string == "card_error")
        #expect(answer.error["code"]?.string == code)
        #expect(answer.error["decline_code"]?.string == declineCode)
        #expect(answer.error["advice_code"]?.string == advice)
        let intent = answer.error["payment_intent"] ?? .null
        #expect(intent["status"]?.string == "requires_payment_method")
        #expect(intent["last_payment_error"]?["decline_code"]?.string == declineCode)
        #expect(intent["latest_charge"]?.string == answer.error["charge"]?.string)
        #expect(client.sandbox.audit.successes == 0)
    }

    @Test func everyConfirmationHasItsOwnCharge() {
        let saved = client.savedCard("pm_card_sandbox_insufficient_funds_2")
        let first = client.charge(saved)
        let id = first.error["payment_intent"]?["id"]?.string ?? ""
        let confirm = "payment_method=\(saved.method)&off_session=true"
        let second = client.stripe("POST", "/v1/payment_intents/\(id)/confirm", confirm)
        #expect(second.status == 402)
        #expect(second.error["charge"]?.string != first.error["charge"]?.string)
        let third = client.stripe("POST", "/v1/payment_intents/\(id)/confirm", confirm)
        #expect(third["status"]?.string == "succeeded")
        #expect(third["last_payment_error"]?.isNull == true)
        let charges = client.stripe("GET", "/v1/charges", "payment_intent=\(id)")
        #expect(charges["data"]?.array?.map { $0["status"]?.string } == ["succeeded", "failed", "failed"])
    }

    @Test func anAlwaysDecliningCardCannotBeAttached() {
        let customer = client.stripe("POST", "/v1/customers").id
        let answer = client.stripe(
            "POST", "/v1/payment_methods/pm_card_visa_chargeDeclined/attach", "customer=\(customer)")
        #expect(answer.status == 402)
        #expect(answer.error["decline_code"]?.string == "generic_decline")
        let list = client.stripe("GET", "/v1/customers/\(customer)/payment_methods")
        #expect(list["data"]?.array == [])
    }

    @Test func offSessionAuthenticationIsA402AndNotAnAction() {
        let answer = client.charge(client.savedCard("pm_card_authenticationRequired"))
        #expect(answer.status == 402)
        #expect(answer.error["code"]?.string == "authentication_required")
        #expect(answer.error["decline_code"]?.string == "authentication_required")
        #expect(answer.error["param"] == nil)
        #expect(answer.error["payment_intent"]?["status"]?.string == "requires_payment_method")
    }

    @Test func theCustomerAuthenticatesTheSameIntentOnSession() {
        let saved = client.savedCard("pm_card_authenticationRequired")
        let id = client.charge(saved).error["payment_intent"]?["id"]?.string ?? ""
        let answer = client.stripe(
            "POST", "/v1/payment_intents/\(id)/confirm",
            "payment_method=\(saved.method)&return_url=https://example.com/back")
        #expect(answer.status == 200)
        #expect(answer["status"]?.string == "requires_action")
        #expect(answer["next_action"]?["type"]?.string == "redirect_to_url")
        #expect(client.sandbox.authenticate(intentID: id, .approve))
        let settled = client.stripe("GET", "/v1/payment_intents/\(id)")
        #expect(settled["status"]?.string == "succeeded")
        #expect(settled["next_action"]?.isNull == true)
    }

    @Test func aFailedAuthenticationMakesNoChargeAndAsksForAMethod() {
        let saved = client.savedCard("pm_card_authenticationRequired")
        let intent = client.stripe(
            "POST", "/v1/payment_intents",
            "amount=900&currency=usd&customer=\(saved.customer)&payment_method=\(saved.method)&confirm=true"
                + "&payment_method_types[]=card&return_url=https://example.com/back")
        #expect(client.sandbox.authenticate(intentID: intent.id, .abandon))
        #expect(client.stripe("GET", "/v1/payment_intents/\(intent.id)")["status"]?.string == "requires_action")
        #expect(client.sandbox.authenticate(intentID: intent.id, .fail))
        let failed = client.stripe("GET", "/v1/payment_intents/\(intent.id)")
        #expect(failed["status"]?.string == "requires_payment_method")
        #expect(failed["last_payment_error"]?["code"]?.string == "payment_intent_authentication_failure")
        #expect(failed["latest_charge"]?.isNull == true)
    }

    @Test func aCardThatWasSetUpPassesOffSession() {
        let customer = client.stripe("POST", "/v1/customers").id
        let before = client.charge((customer, "pm_card_authenticationRequiredOnSetup"))
        #expect(before.error["code"]?.string == "authentication_required")
        let setup = client.stripe(
            "POST", "/v1/setup_intents",
            "customer=\(customer)&payment_method=pm_card_authenticationRequiredOnSetup&confirm=true"
                + "&return_url=https://example.com/back")
        #expect(setup["status"]?.string == "requires_action")
        #expect(client.sandbox.authenticate(intentID: setup.id, .approve))
        let method = client.stripe("GET", "/v1/setup_intents/\(setup.id)")["payment_method"]?.string ?? ""
        #expect(client.charge((customer, method))["status"]?.string == "succeeded")
    }

    @Test func errorOnRequiresActionFailsInsteadOfAsking() {
        let customer = client.stripe("POST", "/v1/customers").id
        let answer = client.stripe(
            "POST", "/v1/payment_intents",
            "amount=900&currency=usd&customer=\(customer)&payment_method=pm_card_authenticationRequiredOnSetup"
                + "&payment_method_types[0]=card&confirm=true&error_on_requires_action=true")
        #expect(answer.status == 402)
        #expect(answer.error["decline_code"]?.string == "authentication_not_handled")
        #expect(answer.error["charge"] == nil)
    }

    @Test func aHeldAmountIsCapturedInPartOrRunsOut() {
        let saved = client.savedCard()
        let held = client.charge(saved, amount: 2000, more: "&capture_method=manual")
        #expect(held["status"]?.string == "requires_capture")
        #expect(client.sandbox.audit.successes == 0)
        let captured = client.stripe("POST", "/v1/payment_intents/\(held.id)/capture", "amount_to_capture=1500")
        #expect(captured["amount_received"]?.integer == 1500)
        #expect(client.sandbox.audit.totalsByCurrency["usd"]?.collected == 1500)
        let forgotten = client.charge(saved, amount: 2000, more: "&capture_method=manual")
        client.sandbox.advance(to: client.sandbox.now + 8 * 86_400_000)
        let expired = client.stripe("GET", "/v1/payment_intents/\(forgotten.id)")
        #expect(expired["status"]?.string == "canceled")
        #expect(expired["cancellation_reason"]?.string == "automatic")
    }

    @Test func aCardOfAnotherCustomerIsRefused() {
        let saved = client.savedCard()
        let other = client.stripe("POST", "/v1/customers").id
        let answer = client.charge((other, saved.method))
        #expect(answer.status == 400)
        #expect(client.sandbox.audit.successes == 0)
    }

    @Test func anExpiredCardIsDeclined() {
        let customer = client.stripe("POST", "/v1/customers").id
        let method = client.stripe(
            "POST", "/v1/payment_methods",
            "type=card&card[number]=4242424242424242&card[exp_month]=2&card[exp_year]=2026&card[cvc]=123"
        ).id
        client.stripe("POST", "/v1/payment_methods/\(method)/attach", "customer=\(customer)")
        #expect(client.charge((customer, method))["status"]?.string == "succeeded")
        client.sandbox.advance(to: client.sandbox.now + 90 * 86_400_000)
        #expect(client.charge((customer, method)).error["code"]?.string == "expired_card")
    }

    @Test func scriptedAnswersComeBeforeTheCardsOwn() {
        let saved = client.savedCard()
        #expect(client.sandbox.script(paymentMethodID: saved.method, ["stolen_card", nil, "do_not_honor"]))
        #expect(client.charge(saved).error["decline_code"]?.string == "stolen_card")
        #expect(client.charge(saved)["status"]?.string == "succeeded")
        #expect(client.charge(saved).error["decline_code"]?.string == "do_not_honor")
        #expect(client.charge(saved)["status"]?.string == "succeeded")
    }

    @Test func theAuditNamesAPeriodThatWasCollectedTwice() {
        let saved = client.savedCard()
        let period = "&metadata[dunlin_subscription]=sub_1&metadata[dunlin_period]=2026-11-01"
        let first = client.charge(saved, more: period)
        #expect(client.sandbox.audit.doubles.isEmpty)
        let second = client.charge(saved, more: period)
        #expect(client.sandbox.audit.doubles.map(\.intentIDs) == [[first.id, second.id]])
        #expect(client.admin("GET", "audit")["double_charges"]?.integer == 1)
    }

    @Test func theSameSeedGivesTheSameAnswers() {
        func story() -> [[UInt8]] {
            let client = TestClient()
            let saved = client.savedCard("pm_card_statistical")
            return (0..<30).map { _ in client.charge(saved).response.body }
        }
        #expect(story() == story())
    }
}
