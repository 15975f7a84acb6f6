import Testing

@testable import DunlinSandbox

/// What every documented card does: in the hands of its holder, off session, and after it was set up.
@Suite struct CardTableTests {
    /// One line of the gateways' tables. Outcomes are a status or a decline code.
    struct Row: Sendable, CustomTestStringConvertible {
        let number: String?
        let token: String?
        var attach = "attached"
        var offSession = "succeeded"
        var onSession = "succeeded"
        /// Off session, after a SetupIntent that the holder approved; nil where that is declined like an attach.
        var afterSetup: String? = "succeeded"

        var testDescription: String { token ?? number ?? "" }
    }

    private static func good(_ number: String?, _ token: String?) -> Row { Row(number: number, token: token) }

    private static func declined(_ number: String?, _ token: String, _ code: String) -> Row {
        Row(number: number, token: token, attach: code, offSession: code, onSession: code, afterSetup: nil)
    }

    private static func stored(_ number: String?, _ token: String, _ code: String) -> Row {
        Row(number: number, token: token, offSession: code, onSession: code, afterSetup: code)
    }

    private static func asking(
        _ number: String, _ token: String?, off: String = "authentication_required", after: String = "succeeded"
    ) -> Row {
        Row(number: number, token: token, offSession: off, onSession: "requires_action", afterSetup: after)
    }

    /// docs.stripe.com/testing and WooshPay's guides.
    static let rows: [Row] = [
        good("4242424242424242", "pm_card_visa"), good("4000056655665556", "pm_card_visa_debit"),
        good("5555555555554444", "pm_card_mastercard"), good("378282246310005", "pm_card_amex"),
        good("6011111111111117", "pm_card_discover"), good("3566002020360505", "pm_card_jcb"),
        good("4111111111111111", nil), good("4761344136141390", nil), asking("4462030000000000", nil),
        asking("4000002500003155", "pm_card_authenticationRequiredOnSetup"),
        asking("4000002760003184", "pm_card_authenticationRequired", after: "authentication_required"),
        asking("4000003800000446", "pm_card_authenticationRequiredSetupForOffSession", off: "succeeded"),
        asking(
            "4000008260003178", "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            after: "insufficient_funds"),
        asking("4000000000003220", "pm_card_threeDSecure2Required"),
        asking("4000008400001629", "pm_card_threeDSecureRequiredChargeDeclined", after: "generic_decline"),
        good("4000000000003055", "pm_card_threeDSecureOptional"),
        stored("4000000000000341", "pm_card_chargeCustomerFail", "generic_decline"),
        stored(nil, "pm_card_visa_chargeCustomerFailLostCard", "lost_card"),
        stored(nil, "pm_card_visa_chargeCustomerFailStolenCard", "stolen_card"),
        declined("4000000000000002", "pm_card_visa_chargeDeclined", "generic_decline"),
        declined(nil, "pm_card_chargeDeclined", "generic_decline"),
        declined("4000000000009995", "pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        declined(nil, "pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        declined("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "lost_card"),
        declined("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "stolen_card"),
        declined("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "expired_card"),
        declined("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        declined("4000000000000119", "pm_card_chargeDeclinedProcessingError", "processing_error"),
        declined(nil, "pm_card_chargeDeclinedFraudulent", "fraudulent"),
        declined("4000000000006975", "pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
        stored("4100000000000019", "pm_card_radarBlock", "fraudulent"),
        good("4000000000004954", "pm_card_riskLevelHighest"), good("4000000000009235", "pm_card_riskLevelElevated"),
        good("4000000000000259", "pm_card_createDispute"),
        good("4000000000002685", "pm_card_createDisputeProductNotReceived"),
        good("4000000000001976", "pm_card_createDisputeInquiry"),
        good("4000000000005423", "pm_card_createIssuerFraudRecord"),
        good("4000000000007726", "pm_card_pendingRefund"), good("4000000000005126", "pm_card_refundFail"),
        good("4000000000000077", "pm_card_bypassPending"),
    ]

    @Test func everyCardHasARow() {
        #expect(
            Set(Self.rows.compactMap(\.number)) == Set(TestCard.all.map(\.number).filter { !$0.isEmpty }))
        #expect(Set(Self.rows.compactMap(\.token)) == Set(TestCard.all.flatMap(\.tokens)))
    }

    private let client = TestClient()

    /// What came of a request: the status of an intent, or the decline code.
    private func outcome(_ answer: TestClient.Answer) -> String {
        if let code = answer.error["decline_code"]?.string { return code }
        if answer["object"]?.string == "payment_method" { return "attached" }
        return answer["status"]?.string ?? "\(answer.status)"
    }

    /// A payment method of the row that belongs to nobody: by its token, or by its number.
    private func method(_ row: Row, byNumber: Bool) -> String? {
        guard byNumber else { return row.token }
        guard let number = row.number else { return nil }
        return client.stripe(
            "POST", "/v1/payment_methods",
            "type=card&card[number]=\(number)&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123"
        ).id
    }

    private func pay(_ method: String, _ more: String) -> String {
        outcome(
            client.stripe(
                "POST", "/v1/payment_intents",
                "amount=1099&currency=usd&payment_method_types[0]=card&confirm=true&payment_method=\(method)" + more))
    }

    @Test(arguments: rows, [false, true])
    func aCardDoesWhatItsTableSays(row: Row, byNumber: Bool) throws {
        guard let first = method(row, byNumber: byNumber) else { return }
        let customer = client.stripe("POST", "/v1/customers").id
        let attached = client.stripe("POST", "/v1/payment_methods/\(first)/attach", "customer=\(customer)")
        #expect(outcome(attached) == row.attach)
        if row.attach == "attached" {
            let owner = "&customer=\(customer)"
            #expect(pay(attached.id, owner + "&off_session=true") == row.offSession)
            #expect(pay(attached.id, owner + "&return_url=https://a.example") == row.onSession)
        } else {
            let loose = try #require(method(row, byNumber: byNumber))
            #expect(pay(loose, "&off_session=true") == row.offSession)
            #expect(pay(loose, "&return_url=https://a.example") == row.onSession)
        }
    }

    @Test(arguments: rows)
    func aCardThatWasSetUpIsChargedOffSessionAsItsTableSays(row: Row) throws {
        let first = try #require(row.token ?? method(row, byNumber: true))
        let customer = client.stripe("POST", "/v1/customers").id
        let setup = client.stripe(
            "POST", "/v1/setup_intents",
            "customer=\(customer)&payment_method_types[0]=card&confirm=true&payment_method=\(first)"
                + "&return_url=https://a.example")
        guard let expected = row.afterSetup else {
            #expect(outcome(setup) == row.attach)
            return
        }
        if setup["status"]?.string == "requires_action" {
            #expect(client.sandbox.authenticate(intentID: setup.id, .approve))
        }
        let saved = client.stripe("GET", "/v1/setup_intents/\(setup.id)")
        #expect(saved["status"]?.string == "succeeded")
        let method = try #require(saved["payment_method"]?.string)
        #expect(pay(method, "&customer=\(customer)&off_session=true") == expected)
    }

    @Test(arguments: ["4111111111111111", "4000000000003055"])
    func aCardThatCanBeAskedIsAskedWhenTheMerchantWantsIt(number: String) {
        let body = """
            {"amount":100,"currency":"USD","confirm":true,"return_url":"https://a.example",
            "payment_method_options":{"card":{"request_three_d_secure":"any"}},
            "payment_method_data":{"type":"card","card":{"number":"\(number)","exp_month":"04","exp_year":"2037",
            "cvc":"022"}}}
            """
        #expect(client.wooshpay("POST", "/v1/payment_intents", body)["status"]?.string == "requires_action")
    }

    @Test(arguments: [
        ("pm_card_visa", "normal"), ("pm_card_riskLevelElevated", "elevated"), ("pm_card_riskLevelHighest", "highest"),
    ])
    func aChargeTellsItsRisk(token: String, level: String) {
        let intent = client.charge(client.savedCard(token))
        let charge = client.stripe("GET", "/v1/charges/\(intent["latest_charge"]?.string ?? "")")
        #expect(charge["outcome"]?["risk_level"]?.string == level)
        #expect(charge["outcome"]?["type"]?.string == "authorized")
    }

    @Test func aCardThatBypassesPendingPaysOutAtOnce() {
        func available(_ token: String) -> Int64? {
            let client = TestClient()
            client.charge(client.savedCard(token))
            return client.stripe("GET", "/v1/balance")["available"]?[0]?["amount"]?.integer
        }
        #expect(available("pm_card_visa") == 0)
        #expect(available("pm_card_bypassPending") == 1038)
    }
}
