import DunlinSandbox
import Testing

@Suite struct SetupIntentTests {
    private let client = TestClient()

    private func create(_ more: String = "") -> TestClient.Answer {
        client.stripe("POST", "/v1/setup_intents", "payment_method_types[0]=card" + more)
    }

    @Test func aNewOneWaitsForAMethodAndThenForAConfirmation() {
        let intent = create()
        #expect(intent["status"]?.string == "requires_payment_method")
        #expect(intent["usage"]?.string == "off_session")
        #expect(intent["payment_method_options"]?["card"]?["request_three_d_secure"]?.string == "automatic")
        let updated = client.stripe("POST", "/v1/setup_intents/\(intent.id)", "payment_method=pm_card_visa")
        #expect(updated["status"]?.string == "requires_confirmation")
        let emptied = client.stripe("POST", "/v1/setup_intents/\(intent.id)", "payment_method=")
        #expect(emptied["status"]?.string == "requires_payment_method")
        #expect(create("&payment_method=pm_card_visa")["status"]?.string == "requires_confirmation")
    }

    @Test func aConfirmationSavesTheCardForTheCustomer() {
        let customer = client.stripe("POST", "/v1/customers").id
        let intent = create("&customer=\(customer)&payment_method=pm_card_visa&confirm=true")
        #expect(intent["status"]?.string == "succeeded")
        #expect(intent["latest_attempt"]?.string?.hasPrefix("setatt_") == true)
        let cards = client.stripe("GET", "/v1/payment_methods", "customer=\(customer)&type=card")
        #expect(cards["data"]?.array?.map { $0["id"]?.string } == [intent["payment_method"]?.string])
    }

    @Test func aDeclineLeavesItOpenWithTheError() {
        let answer = create("&payment_method=pm_card_visa_chargeDeclinedStolenCard&confirm=true")
        #expect(answer.status == 402)
        #expect(answer.error["decline_code"]?.string == "stolen_card")
        let id = answer.error["setup_intent"]?["id"]?.string ?? ""
        let orphan = client.stripe("GET", "/v1/setup_intents/\(id)")
        #expect(orphan["status"]?.string == "requires_payment_method")
        #expect(orphan["last_setup_error"]?["decline_code"]?.string == "stolen_card")
        let saved = client.stripe("POST", "/v1/setup_intents/\(id)/confirm", "payment_method=pm_card_visa")
        #expect(saved["status"]?.string == "succeeded")
        #expect(saved["last_setup_error"]?.isNull == true)
        let attempts = client.stripe("GET", "/v1/setup_attempts", "setup_intent=\(id)")
        #expect(attempts["data"]?.array?.map { $0["status"]?.string } == ["succeeded", "failed"])
    }

    @Test func anAuthenticationThatFailsAsksForAnotherMethod() {
        let intent = create(
            "&payment_method=pm_card_authenticationRequiredOnSetup&confirm=true&return_url=https://a.example")
        #expect(intent["next_action"]?["redirect_to_url"]?["return_url"]?.string == "https://a.example")
        #expect(client.sandbox.authenticate(intentID: intent.id, .fail))
        let failed = client.stripe("GET", "/v1/setup_intents/\(intent.id)")
        #expect(failed["status"]?.string == "requires_payment_method")
        #expect(failed["last_setup_error"]?["code"]?.string == "setup_intent_authentication_failure")
    }

    @Test(arguments: ["succeeded", "canceled"])
    func nothingChangesOneThatIsOver(end: String) {
        let intent = create("&payment_method=pm_card_visa")
        client.stripe("POST", "/v1/setup_intents/\(intent.id)/\(end == "canceled" ? "cancel" : "confirm")")
        for path in ["", "/confirm", "/cancel"] {
            let answer = client.stripe("POST", "/v1/setup_intents/\(intent.id)\(path)")
            #expect(answer.status == 400)
            #expect(answer.error["code"]?.string == "setup_intent_unexpected_state")
            #expect(answer.error["setup_intent"]?["status"]?.string == end)
        }
    }

    @Test func aConfirmationWithoutAMethodIsRefused() {
        let answer = client.stripe("POST", "/v1/setup_intents/\(create().id)/confirm")
        #expect(answer.error["code"]?.string == "setup_intent_unexpected_state")
    }

    @Test func whatOnlyAConfirmationMaySayIsRefusedWithoutIt() {
        #expect(create("&return_url=https://a.example").error["param"]?.string == "return_url")
        #expect(client.stripe("POST", "/v1/setup_intents/\(create().id)", "usage=on_session").status == 400)
    }

    @Test func tooManyConfirmationsCancelIt() {
        var options = SandboxOptions()
        options.confirmationsMax = 2
        let client = TestClient(options)
        let id = client.stripe("POST", "/v1/setup_intents", "payment_method_types[0]=card").id
        let decline = "payment_method=pm_card_visa_chargeDeclined"
        #expect(client.stripe("POST", "/v1/setup_intents/\(id)/confirm", decline).status == 402)
        #expect(client.stripe("POST", "/v1/setup_intents/\(id)/confirm", decline).status == 402)
        let last = client.stripe("POST", "/v1/setup_intents/\(id)/confirm", decline)
        #expect(last["status"]?.string == "canceled")
    }

    @Test func aListIsNarrowedByCustomerAndMethod() {
        let customer = client.stripe("POST", "/v1/customers").id
        let saved = create("&customer=\(customer)&payment_method=pm_card_visa&confirm=true")
        let open = create("&customer=\(customer)")
        _ = create()
        let byCustomer = client.stripe("GET", "/v1/setup_intents", "customer=\(customer)")
        #expect(byCustomer["data"]?.array?.map { $0["id"]?.string } == [open.id, saved.id])
        let method = saved["payment_method"]?.string ?? ""
        let byMethod = client.stripe("GET", "/v1/setup_intents", "payment_method=\(method)")
        #expect(byMethod["data"]?.array?.map { $0["id"]?.string } == [saved.id])
    }

    @Test func metadataIsMergedAndUnset() {
        let intent = create("&metadata[a]=1&metadata[b]=2")
        let merged = client.stripe("POST", "/v1/setup_intents/\(intent.id)", "metadata[a]=&metadata[c]=3")
        #expect(merged["metadata"] == .object([.init("b", .string("2")), .init("c", .string("3"))]))
        let emptied = client.stripe("POST", "/v1/setup_intents/\(intent.id)", "metadata=")
        #expect(emptied["metadata"] == .object([]))
    }
}
