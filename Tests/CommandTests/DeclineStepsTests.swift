import DunlinCalendar
import DunlinCore
import DunlinDefaults
import Foundation
import Testing

@testable import dunlin

/// What follows each code of both gateways and both networks under the default policy: the step, its time and its
/// reason. Declined on Wednesday 2026-02-25 at noon in Berlin; the Friday after it is the month's last working day.
struct DeclineStepsTests {
    /// Kind, gateway or network, code, class, next step, and what is said of it.
    private static let expected = """
        decline_code stripe insufficient_funds funds 2026-02-27T00:01 | The card had not enough money for the charge.
        decline_code stripe card_velocity_exceeded funds 2026-02-27T00:01 | The card is over one of its limits.
        decline_code stripe withdrawal_count_limit_exceeded funds 2026-02-27T00:01 | The card is over one of its limits.
        decline_code stripe approve_with_id transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        decline_code stripe issuer_not_available transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        decline_code stripe processing_error transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        decline_code stripe reenter_transaction transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        decline_code stripe try_again_later transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        decline_code stripe call_issuer issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code stripe do_not_honor issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code stripe generic_decline issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code stripe no_action_taken issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code stripe duplicate_transaction issuer_soft 2026-02-28T12:00 | The bank took the charge for a repeated one.
        decline_code stripe authentication_required needs_auth ask_customer | The bank wants the customer to confirm the payment.
        decline_code stripe authentication_not_handled needs_auth ask_customer | The bank wants the customer to confirm the payment.
        decline_code stripe expired_card needs_method ask_method | The card has expired.
        decline_code stripe incorrect_address needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe incorrect_cvc needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe incorrect_number needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe incorrect_zip needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe invalid_cvc needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe invalid_expiry_month needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe invalid_expiry_year needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe invalid_number needs_method ask_method | Some of the card's data is wrong.
        decline_code stripe incorrect_pin needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_pin needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe offline_pin_required needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe online_or_offline_pin_required needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe pin_try_exceeded needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe mobile_device_authentication_required needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe currency_not_supported needs_method ask_method | The card cannot be charged in this currency.
        decline_code stripe card_not_supported needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_account needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_amount needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe new_account_information_available needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe not_permitted needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe restricted_card needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe security_violation needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe service_not_allowed needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe testmode_decline needs_method ask_method | A test card was used with a live key.
        decline_code stripe do_not_try_again never ask_method | The bank declined the charge.
        decline_code stripe fraudulent never ask_method | The bank declined the charge.
        decline_code stripe lost_card never ask_method | The bank declined the charge.
        decline_code stripe merchant_blacklist never ask_method | The bank declined the charge.
        decline_code stripe pickup_card never ask_method | The bank declined the charge.
        decline_code stripe revocation_of_all_authorizations never ask_method | The bank declined the charge.
        decline_code stripe revocation_of_authorization never ask_method | The bank declined the charge.
        decline_code stripe stolen_card never ask_method | The bank declined the charge.
        decline_code stripe stop_payment_order never ask_method | The bank declined the charge.
        decline_code stripe transaction_not_allowed never ask_method | The bank declined the charge.
        decline_code stripe invalid_billing_agreement needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe compliance_violation needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_authorization needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_payment_information needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_customer_account needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe payment_limit_exceeded needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe expired_payment_information needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe invalid_business_account needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe payment_disputed needs_method ask_method | This card cannot be charged; another one is needed.
        decline_code stripe partner_generic_decline issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code stripe partner_high_risk_customer issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code stripe partner_payment_not_found issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe card_declined issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe authentication_required needs_auth ask_customer | The bank wants the customer to confirm the payment.
        error_code stripe payment_intent_authentication_failure needs_auth ask_customer | The bank wants the customer to confirm the payment.
        error_code stripe setup_intent_authentication_failure needs_auth ask_customer | The bank wants the customer to confirm the payment.
        error_code stripe authentication_failure needs_auth ask_customer | The bank wants the customer to confirm the payment.
        error_code stripe three_d_secure_authentication_upstream_error transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        error_code stripe three_d_secure_authentication_not_supported needs_method ask_method | This card cannot be charged; another one is needed.
        error_code stripe expired_card needs_method ask_method | The card has expired.
        error_code stripe expired_payment_method needs_method ask_method | The card has expired.
        error_code stripe incorrect_cvc needs_method ask_method | Some of the card's data is wrong.
        error_code stripe invalid_cvc needs_method ask_method | Some of the card's data is wrong.
        error_code stripe incorrect_number needs_method ask_method | Some of the card's data is wrong.
        error_code stripe invalid_number needs_method ask_method | Some of the card's data is wrong.
        error_code stripe invalid_expiry_month needs_method ask_method | Some of the card's data is wrong.
        error_code stripe invalid_expiry_year needs_method ask_method | Some of the card's data is wrong.
        error_code stripe incorrect_zip needs_method ask_method | Some of the card's data is wrong.
        error_code stripe incorrect_postal_code needs_method ask_method | Some of the card's data is wrong.
        error_code stripe incorrect_address needs_method ask_method | Some of the card's data is wrong.
        error_code stripe processing_error transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        error_code stripe payment_method_provider_timeout transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        error_code stripe card_decline_rate_limit_exceeded transient 2026-02-26T12:00 | The card was declined too often; the bank wants a pause.
        error_code stripe insufficient_funds funds 2026-02-27T00:01 | The card had not enough money for the charge.
        error_code stripe charge_exceeds_source_limit funds 2026-02-27T00:01 | The card is over one of its limits.
        error_code stripe payment_intent_payment_attempt_failed issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe payment_intent_payment_attempt_expired issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe setup_attempt_failed issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe setup_intent_setup_attempt_expired issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe payment_method_provider_decline issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe payment_method_customer_decline issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        error_code stripe payment_method_not_available needs_method ask_method | This card cannot be charged; another one is needed.
        error_code stripe payment_method_restricted needs_method ask_method | This card cannot be charged; another one is needed.
        error_code stripe payment_method_currency_mismatch needs_method ask_method | This card cannot be charged; another one is needed.
        error_code stripe payment_intent_incompatible_payment_method needs_method ask_method | This card cannot be charged; another one is needed.
        error_code stripe payment_intent_mandate_invalid needs_method ask_method | The customer's agreement to be charged is no longer valid.
        error_code stripe setup_intent_mandate_invalid needs_method ask_method | The customer's agreement to be charged is no longer valid.
        error_code stripe billing_invalid_mandate needs_method ask_method | The customer's agreement to be charged is no longer valid.
        error_code stripe debit_not_authorized needs_method ask_method | The customer's agreement to be charged is no longer valid.
        error_code stripe india_recurring_payment_mandate_canceled needs_method ask_method | The customer's agreement to be charged is no longer valid.
        advice_code stripe do_not_try_again never ask_method | The bank declined the charge.
        advice_code stripe try_again_later issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        advice_code stripe confirm_card_data needs_method ask_method | Some of the card's data is wrong.
        network_decline_code visa 04 never ask_method | The bank declined the charge.
        network_decline_code visa 07 never ask_method | The bank declined the charge.
        network_decline_code visa 12 never ask_method | The bank declined the charge.
        network_decline_code visa 14 never ask_method | The bank declined the charge.
        network_decline_code visa 15 never ask_method | The bank declined the charge.
        network_decline_code visa 41 never ask_method | The bank declined the charge.
        network_decline_code visa 43 never ask_method | The bank declined the charge.
        network_decline_code visa 46 never ask_method | The bank declined the charge.
        network_decline_code visa 57 never ask_method | The bank declined the charge.
        network_decline_code visa R0 never ask_method | The bank declined the charge.
        network_decline_code visa R1 never ask_method | The bank declined the charge.
        network_decline_code visa R3 never ask_method | The bank declined the charge.
        network_decline_code visa 51 funds 2026-02-27T00:01 | The card had not enough money for the charge.
        network_decline_code visa 61 funds 2026-02-27T00:01 | The card had not enough money for the charge.
        network_decline_code visa 65 funds 2026-02-27T00:01 | The card had not enough money for the charge.
        network_decline_code visa N4 funds 2026-02-27T00:01 | The card had not enough money for the charge.
        network_decline_code visa 19 transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa 78 transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa 86 transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa 91 transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa 96 transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa Z5 transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa 9G transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        network_decline_code visa 03 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 39 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 52 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 53 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 59 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 62 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 75 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 83 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 93 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 5C issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa N3 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 54 needs_method ask_method | The card has expired.
        network_decline_code visa 55 needs_method ask_method | Some of the card's data is wrong.
        network_decline_code visa 82 needs_method ask_method | Some of the card's data is wrong.
        network_decline_code visa 6P needs_method ask_method | Some of the card's data is wrong.
        network_decline_code visa N7 needs_method ask_method | Some of the card's data is wrong.
        network_decline_code visa 70 needs_method ask_method | Some of the card's data is wrong.
        network_decline_code visa 1A needs_auth ask_customer | The bank wants the customer to confirm the payment.
        network_decline_code visa 01 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 05 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 13 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 58 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_decline_code visa 63 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_advice_code mastercard 01 needs_method ask_method | Some of the card's data is wrong.
        network_advice_code mastercard 02 transient 2026-02-28T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 03 never ask_method | The bank declined the charge.
        network_advice_code mastercard 21 never ask_method | The bank declined the charge.
        network_advice_code mastercard 04 needs_method ask_method | This card cannot be charged; another one is needed.
        network_advice_code mastercard 05 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_advice_code mastercard 22 issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        network_advice_code mastercard 24 transient 2026-02-25T13:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 25 transient 2026-02-26T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 26 transient 2026-02-27T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 27 transient 2026-03-01T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 28 transient 2026-03-03T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 29 transient 2026-03-05T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 30 transient 2026-03-07T12:00 | The bank or its network could not answer at the moment.
        network_advice_code mastercard 40 needs_method ask_method | The card is a prepaid one that cannot be loaded again.
        network_advice_code mastercard 41 needs_method ask_method | The card number was made for a single use.
        decline_code wooshpay insufficient_funds funds 2026-02-27T00:01 | The card had not enough money for the charge.
        decline_code wooshpay expired_card needs_method ask_method | The card has expired.
        decline_code wooshpay incorrect_cvc needs_method ask_method | Some of the card's data is wrong.
        decline_code wooshpay lost_card never ask_method | The bank declined the charge.
        decline_code wooshpay stolen_card never ask_method | The bank declined the charge.
        decline_code wooshpay do_not_try_again never ask_method | The bank declined the charge.
        decline_code wooshpay fraudulent never ask_method | The bank declined the charge.
        decline_code wooshpay merchant_blacklist never ask_method | The bank declined the charge.
        decline_code wooshpay pickup_card never ask_method | The bank declined the charge.
        decline_code wooshpay revocation_of_all_authorizations never ask_method | The bank declined the charge.
        decline_code wooshpay revocation_of_authorization never ask_method | The bank declined the charge.
        decline_code wooshpay stop_payment_order never ask_method | The bank declined the charge.
        decline_code wooshpay transaction_not_allowed never ask_method | The bank declined the charge.
        decline_code wooshpay do_not_honor issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code wooshpay card_declined issuer_soft 2026-02-28T12:00 | The bank declined the charge.
        decline_code wooshpay authentication_required needs_auth ask_customer | The bank wants the customer to confirm the payment.
        decline_code wooshpay processing_error transient 2026-02-25T16:00 | The bank or its network could not answer at the moment.
        """.split(separator: "\n").map { Line(String($0)) }

    struct Line: Sendable, CustomTestStringConvertible {
        let text: String
        let words: [String]
        let reason: String

        init(_ text: String) {
            self.text = text
            let parts = text.components(separatedBy: " | ")
            words = parts[0].split(separator: " ").map(String.init)
            reason = parts[1]
        }

        var testDescription: String { text }
    }

    private static let zone = Zone("Europe/Berlin") ?? .utc
    private static let declinedAt = LocalDateTime("2026-02-25T12:00").map { zone.instant(of: $0).instant }

    private let table: DeclineTable
    private let policy: DunningPolicy

    init() throws {
        table = try DeclineTable(parsing: Defaults.declines)
        policy = try DunningFile.read(Defaults.dunning, path: "dunning.yaml").default
    }

    private func decline(_ kind: String, _ code: String) -> Decline {
        switch kind {
        case "decline_code": Decline(code: "card_declined", declineCode: code)
        case "advice_code": Decline(adviceCode: code)
        case "network_advice_code": Decline(networkAdviceCode: code)
        case "network_decline_code": Decline(networkDeclineCode: code)
        default: Decline(code: code)
        }
    }

    @Test(arguments: expected) func everyCodeHasItsNextStepItsTimeAndItsReason(line: Line) throws {
        let (kind, who, code) = (line.words[0], line.words[1], line.words[2])
        let classified = table.classify(
            decline(kind, code), gateway: GatewayKind(rawValue: who) ?? .stripe,
            brand: GatewayKind(rawValue: who) == nil ? who : nil)
        #expect(classified.declineClass.rawValue == line.words[3])
        #expect(classified.isKnown)
        #expect(classified.reason == line.reason)
        let step = policy.nextStep(
            after: .declined(decline(kind, code)), history: DunningPolicy.History(tries: 1), classified: classified,
            asks: 0, zone: Self.zone, now: try #require(Self.declinedAt))
        #expect(words(step) == line.words[4])
    }

    private func words(_ step: DunningPolicy.NextStep) -> String {
        switch step {
        case .tryAgain(let at): String(Self.zone.local(of: at).description.dropLast(3))
        case .askCustomer: "ask_customer"
        case .askMethod: "ask_method"
        case .giveUp: "give_up"
        case .paid, .settle, .hold: "\(step)"
        }
    }

    @Test func everyRowOfTheTableIsAmongThem() {
        #expect(Self.expected.count == table.rowCount)
        #expect(Set(Self.expected.map { $0.words.prefix(3) }).count == table.rowCount)
    }

    // MARK: - The notes on the gateways

    private static let notes = "/work/shared/gateways/stripe.md"
    private static var hasNotes: Bool { FileManager.default.fileExists(atPath: notes) }

    /// The codes in back quotes of one section of the notes.
    private static func codes(from start: String, to end: String) throws -> Set<String> {
        let text = try String(contentsOfFile: notes, encoding: .utf8)
        let section = text.components(separatedBy: start).dropFirst().first?.components(separatedBy: end).first ?? ""
        let quoted = section.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        return Set(
            quoted.flatMap { $0.components(separatedBy: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { $0.count > 3 && $0.allSatisfy { $0.isLowercase || $0 == "_" } })
    }

    @Test(.enabled(if: hasNotes, "the notes on the gateways are not on this machine"))
    func everyDeclineCodeOfTheNotesHasARow() throws {
        let codes = try Self.codes(from: "### 3.3 Card decline codes", to: "### 3.4")
        #expect(codes.count > 50)
        for code in codes where !["outcome.type", "blocked"].contains(code) {
            #expect(table.classify(Decline(declineCode: code), gateway: .stripe, brand: nil).isKnown, "\(code)")
        }
        for code in try Self.codes(from: "### 3.4 Advice and network codes", to: "* **Precedence") {
            guard code.hasPrefix("do_not") || code.hasPrefix("try_") || code.hasPrefix("confirm_") else { continue }
            let known = Self.expected.contains { $0.words[0] == "advice_code" && $0.words[2] == code }
            #expect(known, "\(code)")
        }
    }

    @Test(arguments: [("insufficient_funds", 7), ("do_not_honor", 4), ("a_new_code", 3), ("lost_card", 1)])
    func theTimetableSaysHowOftenSuchADebtIsTried(code: String, tries: Int) throws {
        let policy = try DunningFile.read(Defaults.dunning, path: "dunning.yaml").default
        let classified = try DeclineTable(parsing: Defaults.declines).classify(
            Decline(declineCode: code), gateway: .stripe, brand: nil)
        let timetable = DunningTimetable(policy, classified, at: Instant(seconds: 1_767_225_600), zone: .utc)
        #expect(DunningTimetableView(timetable, zone: .utc, decline: code).triesMax == tries)
    }
}
