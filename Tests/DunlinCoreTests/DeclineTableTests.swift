import DunlinCore
import Foundation
import Testing

@Suite struct DeclineTableTests {
    private let table: DeclineTable

    init() throws { table = try DeclineTable(parsing: Self.file()) }

    private static func file() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "config/declines.json"), encoding: .utf8)
    }

    private func classify(
        code: String? = "card_declined", _ declineCode: String? = nil, advice: String? = nil,
        networkDecline: String? = nil, networkAdvice: String? = nil, gateway: GatewayKind = .stripe,
        brand: String? = nil
    ) -> ClassifiedDecline {
        table.classify(
            Decline(
                code: code, declineCode: declineCode, adviceCode: advice, networkDeclineCode: networkDecline,
                networkAdviceCode: networkAdvice),
            gateway: gateway, brand: brand)
    }

    // MARK: Coverage

    /// The 50 codes of Stripe's table of card decline codes.
    static let cardDeclineCodes = """
        approve_with_id authentication_not_handled authentication_required call_issuer card_not_supported
        card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card
        fraudulent generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_zip invalid_cvc
        invalid_expiry_month invalid_expiry_year invalid_number incorrect_pin invalid_pin offline_pin_required
        online_or_offline_pin_required pin_try_exceeded mobile_device_authentication_required insufficient_funds
        invalid_account invalid_amount issuer_not_available lost_card merchant_blacklist
        new_account_information_available no_action_taken not_permitted pickup_card processing_error
        reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization
        security_violation service_not_allowed stolen_card stop_payment_order testmode_decline
        transaction_not_allowed try_again_later withdrawal_count_limit_exceeded
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    /// Codes of methods other than cards, same page.
    static let otherDeclineCodes = """
        invalid_billing_agreement currency_not_supported invalid_amount compliance_violation invalid_authorization
        invalid_payment_information invalid_customer_account payment_limit_exceeded expired_card insufficient_funds
        expired_payment_information invalid_business_account payment_disputed partner_generic_decline processing_error
        partner_high_risk_customer partner_payment_not_found duplicate_transaction
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    /// Error codes that a failed charge can carry.
    static let errorCodes = """
        card_declined authentication_required expired_card incorrect_cvc invalid_cvc incorrect_number invalid_number
        invalid_expiry_month invalid_expiry_year incorrect_zip incorrect_address processing_error
        card_decline_rate_limit_exceeded insufficient_funds charge_exceeds_source_limit
        payment_intent_payment_attempt_failed payment_intent_payment_attempt_expired
        payment_intent_authentication_failure setup_attempt_failed setup_intent_authentication_failure
        setup_intent_setup_attempt_expired payment_intent_mandate_invalid setup_intent_mandate_invalid
        billing_invalid_mandate debit_not_authorized india_recurring_payment_mandate_canceled
        payment_method_provider_decline payment_method_provider_timeout payment_method_customer_decline
        payment_method_not_available payment_method_currency_mismatch
        payment_intent_incompatible_payment_method authentication_failure expired_payment_method
        incorrect_postal_code payment_method_restricted three_d_secure_authentication_not_supported
        three_d_secure_authentication_upstream_error
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    /// Error codes about the request, the account or the key: refusals, which are never classified as declines.
    static let refusalCodes = """
        amount_too_small amount_too_large invalid_charge_amount payment_method_unsupported_type
        payment_method_types_no_longer_supported payment_method_unexpected_state payment_intent_unexpected_state
        setup_intent_unexpected_state intent_invalid_state resource_missing parameter_missing parameter_unknown
        parameter_invalid_empty parameter_invalid_integer parameters_exclusive livemode_mismatch secret_key_required
        api_key_expired testmode_charges_only idempotency_key_in_use lock_timeout rate_limit
        customer_max_payment_methods token_already_used email_invalid url_invalid charge_already_refunded
        charge_disputed refund_disputed_payment charge_not_refundable
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    @Test func everyDeclineCodeOfStripeHasARow() {
        #expect(Set(Self.cardDeclineCodes).count == 50)
        for code in Self.cardDeclineCodes + Self.otherDeclineCodes {
            #expect(classify(code).isKnown, "\(code)")
        }
    }

    @Test func everyErrorCodeOfAFailedChargeHasARow() {
        for code in Self.errorCodes { #expect(classify(code: code).isKnown, "\(code)") }
    }

    @Test func codesOfRefusalsAreNotTakenForDeclines() {
        for code in Self.refusalCodes { #expect(!classify(code: code).isKnown, "\(code)") }
    }

    @Test func everyCodeOfVisasTableHasARow() {
        let never = "04 07 12 14 15 41 43 46 57 R0 R1 R3".split(separator: " ").map(String.init)
        for code in never {
            #expect(classify("do_not_honor", networkDecline: code, brand: "visa").declineClass == .never, "\(code)")
        }
        let others = """
            03 19 39 51 52 53 59 61 62 65 75 78 86 91 93 96 5C 9G N3 N4 Z5 83 54 55 82 6P N7 70 1A 01 05 13 58 63
            """.split(separator: " ").map(String.init)
        for code in others {
            // Without any other code, what is known comes from the network alone.
            let classified = classify(code: nil, networkDecline: code, brand: "visa")
            #expect(classified.isKnown && classified.declineClass != .never, "\(code)")
        }
    }

    @Test func everyMerchantAdviceCodeHasARow() {
        let waits: [String: Int64] = [
            "02": 72, "24": 1, "25": 24, "26": 48, "27": 96, "28": 144, "29": 192, "30": 240,
        ]
        for (code, hours) in waits {
            let classified = classify("do_not_honor", networkAdvice: code, brand: "mastercard")
            #expect(classified.waitSeconds == hours * 3600 && classified.declineClass == .issuerSoft, "\(code)")
        }
        for code in ["03", "21"] {
            #expect(classify("insufficient_funds", networkAdvice: code, brand: "mastercard").declineClass == .never)
        }
        for code in ["01", "04", "40", "41"] {
            #expect(classify(code: nil, networkAdvice: code, brand: "mastercard").declineClass == .needsMethod)
        }
        for code in ["05", "22"] {
            #expect(classify(code: nil, networkAdvice: code, brand: "mastercard").declineClass == .issuerSoft)
        }
    }

    @Test func theNamesAssumedAtWooshPayHaveRowsWhicheverFieldTheyComeIn() {
        let expected: [String: DeclineClass] = [
            "insufficient_funds": .funds, "expired_card": .needsMethod, "incorrect_cvc": .needsMethod,
            "lost_card": .never, "stolen_card": .never, "do_not_honor": .issuerSoft, "card_declined": .issuerSoft,
            "authentication_required": .needsAuth, "processing_error": .transient,
        ]
        for (code, declineClass) in expected {
            #expect(classify(code: "card_declined", code, gateway: .wooshpay).declineClass == declineClass)
            #expect(classify(code: code, gateway: .wooshpay).declineClass == declineClass)
        }
    }

    // MARK: What the codes mean

    @Test func whatSmartRetriesRefusesIsNotRetriedEither() {
        let hard = """
            incorrect_number lost_card pickup_card stolen_card revocation_of_authorization
            revocation_of_all_authorizations authentication_required transaction_not_allowed do_not_try_again
            """.split(whereSeparator: \.isWhitespace).map(String.init)
        for code in hard { #expect(!classify(code).declineClass.mayRetry, "\(code)") }
    }

    @Test func theUsualDeclinesAreWhatThePolicyExpects() {
        #expect(classify("insufficient_funds").declineClass == .funds)
        #expect(classify("issuer_not_available").declineClass == .transient)
        #expect(classify("do_not_honor").declineClass == .issuerSoft)
        #expect(classify("expired_card").declineClass == .needsMethod)
        #expect(classify(code: "authentication_required", "authentication_required").declineClass == .needsAuth)
        #expect(classify("stolen_card").declineClass == .never)
        #expect(classify(code: "card_decline_rate_limit_exceeded").waitSeconds == 86_400)
    }

    @Test func anUnknownCodeIsSoftAndTriedAFewTimesOnly() {
        let unknown = classify("a_code_of_next_year")
        #expect(unknown.declineClass == .issuerSoft)
        #expect(!unknown.isKnown)
        #expect(unknown.triesMax == 3)
        #expect(classify(code: nil).triesMax == 3)
        #expect(classify("insufficient_funds").triesMax == nil)
    }

    // MARK: Precedence

    @Test func whatOneVoiceRulesOutForGoodIsNeverRetriedWhateverTheOthersSay() {
        // The sample of Stripe's documentation: the network says never, the gateway says check the data.
        let sample = classify(
            code: "expired_card", "expired_card", advice: "confirm_card_data", networkDecline: "54",
            networkAdvice: "03", brand: "mastercard")
        #expect(sample.declineClass == .never)
        #expect(classify("insufficient_funds", advice: "do_not_try_again").declineClass == .never)
        #expect(classify("lost_card", advice: "try_again_later").declineClass == .never)
        #expect(classify("stolen_card", networkAdvice: "24", brand: "mastercard").declineClass == .never)
        #expect(classify("a_code_of_next_year", advice: "do_not_try_again").declineClass == .never)
        #expect(classify("stolen_card", networkAdvice: "24", brand: "mastercard").waitSeconds == nil)
    }

    @Test func theNetworksAdviceBeatsTheGatewaysWhichBeatsTheDeclineCode() {
        let all = classify("expired_card", advice: "confirm_card_data", networkAdvice: "26", brand: "mastercard")
        #expect(all.declineClass == .transient)
        #expect(all.waitSeconds == 172_800 && all.isNetworksWait)
        let gateway = classify("incorrect_cvc", advice: "try_again_later")
        #expect(gateway.declineClass == .issuerSoft)
        #expect(classify("insufficient_funds", advice: "confirm_card_data").declineClass == .needsMethod)
        #expect(
            classify("insufficient_funds", advice: "try_again_later", networkAdvice: "01", brand: "mastercard")
                .declineClass == .needsMethod)
    }

    @Test(arguments: ["05", "22"]) func adviceWithoutAMeaningForRetriesBeatsNobody(code: String) {
        #expect(
            classify("insufficient_funds", advice: "confirm_card_data", networkAdvice: code, brand: "mastercard")
                .declineClass == .needsMethod)
        #expect(classify("expired_card", networkAdvice: code, brand: "mastercard").declineClass == .needsMethod)
        #expect(classify("insufficient_funds", networkAdvice: code, brand: "mastercard").declineClass == .funds)
    }

    @Test func aBankThatWantsTheCustomerIsNotAskedAgainWithoutOne() {
        #expect(classify("authentication_required", advice: "try_again_later").declineClass == .needsAuth)
        #expect(
            classify("authentication_required", networkAdvice: "24", brand: "mastercard").declineClass == .needsAuth)
    }

    @Test func permissionToRetryKeepsTheReasonOfTheDeclineCode() {
        #expect(classify("insufficient_funds", advice: "try_again_later").declineClass == .funds)
        #expect(classify("generic_decline", advice: "try_again_later").declineClass == .issuerSoft)
        let waiting = classify("insufficient_funds", networkAdvice: "24", brand: "mastercard")
        #expect(waiting.declineClass == .funds && waiting.waitSeconds == 3600 && waiting.isNetworksWait)
    }

    @Test func theNetworksWaitIsTakenAndElseTheLongestOne() {
        let both = classify("duplicate_transaction", networkAdvice: "24", brand: "mastercard")
        #expect(both.waitSeconds == 3600 && both.isNetworksWait)
        let alone = classify("duplicate_transaction")
        #expect(alone.waitSeconds == 86_400 && !alone.isNetworksWait)
    }

    // MARK: Gaps

    @Test func theReviewedTableHasNoGapAndNoContradiction() {
        #expect(table.gaps(comparedWith: table) == [])
    }

    @Test func aTableThatLacksLoosensOrContradictsIsToldSo() throws {
        let own = try DeclineTable(
            parsing: """
                {"version": 1, "unknown": {"class": "issuer_soft", "tries_max": 2}, "rows": [
                {"gateway": "stripe", "kind": "decline_code", "code": "lost_card", "class": "funds", "source": "us",
                    "edition": "1"},
                {"gateway": "stripe", "kind": "decline_code", "code": "odd", "class": "funds", "source": "us", "edition": "1"},
                {"gateway": "stripe", "kind": "error_code", "code": "odd", "class": "never", "source": "us", "edition": "1"}
                ]}
                """)
        let gaps = own.gaps(comparedWith: table)
        #expect(gaps.contains("no row for stripe decline_code stolen_card: it is taken for issuer_soft"))
        #expect(gaps.contains("no row for mastercard network_advice_code 03: it is taken for issuer_soft"))
        #expect(
            gaps.contains(
                "stripe decline_code lost_card is funds here, and never by us: a card that is ruled out would be tried "
                    + "again"))
        #expect(
            gaps.contains(
                "stripe decline_code odd contradicts itself: funds as a decline code, never as an error code"))
        #expect(!gaps.contains { $0.hasPrefix("no row for stripe decline_code lost_card") })
    }

    @Test func aNetworksRuleBindsItsOwnBrandAndUnknownOnes() {
        #expect(classify("do_not_honor", networkDecline: "57", brand: "Visa").declineClass == .never)
        #expect(classify("do_not_honor", networkDecline: "57", brand: nil).declineClass == .never)
        #expect(classify("do_not_honor", networkDecline: "57", brand: "MasterCard").declineClass == .issuerSoft)
        #expect(classify("do_not_honor", networkAdvice: "03", brand: "American Express").declineClass == .issuerSoft)
        #expect(classify("do_not_honor", networkAdvice: "03", brand: "MasterCard").declineClass == .never)
    }

    // MARK: Words

    @Test func noReasonTellsThatACardIsLostStolenOrSuspected() {
        let generic = classify("do_not_honor").reason
        for code in ["lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist"] {
            #expect(classify(code).reason == generic, "\(code)")
        }
        for code in Self.cardDeclineCodes {
            let words = classify(code).reason.lowercased()
            #expect(!words.isEmpty)
            for forbidden in ["lost", "stolen", "fraud", "suspect", "_"] {
                #expect(!words.contains(forbidden), "\(code)")
            }
        }
    }

    // MARK: The file

    private func table(row: String, version: Int = 1) throws -> DeclineTable {
        try DeclineTable(
            parsing: """
                {"version": \(version), "unknown": {"class": "issuer_soft", "tries_max": 2}, "rows": [\(row)]}
                """)
    }

    private let goodRow = """
        {"gateway": "stripe", "kind": "decline_code", "code": "a", "class": "funds", "source": "s", "edition": "2026"}
        """

    @Test func aFileWithAMistakeIsRefusedWithItsRow() throws {
        #expect(try table(row: goodRow).unknown.triesMax == 2)
        #expect(throws: DeclineTableError.self) { try table(row: goodRow, version: 2) }
        #expect(throws: DeclineTableError.self) { try DeclineTable(parsing: "no JSON") }
        for (from, to) in [
            ("funds", "fun"), ("decline_code", "code"), ("stripe", "adyen"), ("\"2026\"", "\"\""),
            ("\"b\",", "\"b\", \"wait_seconds\": 0,"), ("\"b\",", "\"b\", \"text\": \"Reported stolen.\","),
            ("\"b\",", "\"b\", \"brand\": \"visa\","), ("\"b\",", "\"b\", \"wait_secs\": 9,"),
            ("\"source\": \"s\", ", ""),
        ] {
            let error = #expect(throws: DeclineTableError.self) {
                try table(row: goodRow + "," + goodRow.replacing("\"a\"", with: "\"b\"").replacing(from, with: to))
            }
            #expect(error?.row == 2, "\(from)")
        }
        #expect(throws: DeclineTableError.self) { try table(row: goodRow + "," + goodRow) }
    }
}
