import DunlinCore
import Testing

@Suite struct ChargeOutcomeTests {
    private static let funds = Decline(code: "card_declined", declineCode: "insufficient_funds", chargeID: "ch_2")
    private static let authentication = Decline(code: "authentication_required")

    private enum Answer: Equatable {
        case nothing, succeeded, declined, needsCustomer, processing, unknown, refused, neverHappened

        init(_ outcome: ChargeOutcome?) {
            switch outcome {
            case nil: self = .nothing
            case .succeeded: self = .succeeded
            case .declined: self = .declined
            case .needsCustomer: self = .needsCustomer
            case .processing: self = .processing
            case .unknown: self = .unknown
            case .refused: self = .refused
            case .neverHappened: self = .neverHappened
            }
        }
    }

    private func intent(_ status: IntentStatus, charge: String? = nil, _ decline: Decline? = nil) -> IntentSnapshot {
        IntentSnapshot(id: "pi_1", status: status, latestCharge: charge, lastDecline: decline)
    }

    // MARK: A read

    @Test(arguments: [nil, "ch_1", "ch_2"] as [String?], [nil, "ch_1", "ch_2"] as [String?])
    func aReadProvesAnEndWhateverTheBaselineButADeclineOnlyByANewCharge(baseline: String?, charge: String?) {
        let attempt = AttemptBaseline(charge: baseline)
        let expected: [(IntentStatus, Answer)] = [
            (.succeeded, .succeeded), (.processing, .processing), (.requiresAction, .needsCustomer),
            (.canceled, .neverHappened), (.requiresConfirmation, .nothing), (.requiresCapture, .refused),
            (.other("failed"), .declined), (.other("invented"), .unknown),
            (.requiresPaymentMethod, charge != nil && charge != baseline ? .declined : .nothing),
        ]
        for (status, answer) in expected {
            let outcome = attempt.outcome(read: intent(status, charge: charge, Self.funds))
            #expect(Answer(outcome) == answer, "\(status) with \(charge ?? "-") after \(baseline ?? "-")")
        }
    }

    @Test func aDeclineThatIsReadKeepsItsReasonAndNamesTheCharge() {
        let attempt = AttemptBaseline(charge: "ch_1")
        #expect(
            attempt.outcome(read: intent(.requiresPaymentMethod, charge: "ch_2", Self.funds)) == .declined(Self.funds))
        #expect(
            attempt.outcome(read: intent(.requiresPaymentMethod, charge: "ch_2"))
                == .declined(Decline(chargeID: "ch_2")))
        #expect(
            attempt.outcome(read: intent(.requiresPaymentMethod, charge: "ch_2", Self.authentication))
                == .needsCustomer(Self.authentication))
        #expect(
            attempt.outcome(read: intent(.other("failed"), Self.authentication)) == .needsCustomer(Self.authentication))
    }

    @Test(arguments: [
        (Decline(code: "authentication_required"), true),
        (Decline(code: "card_declined", declineCode: "authentication_required"), true),
        (Decline(code: "card_declined", declineCode: "authentication_not_handled"), true),
        (Decline(code: "payment_intent_authentication_failure"), true),
        (Decline(code: "card_declined", declineCode: "insufficient_funds"), false), (Decline(), false),
    ])
    func onlyAuthenticationAsksForTheCustomer(decline: Decline, asks: Bool) {
        #expect(decline.asksForCustomer == asks)
    }

    // MARK: The answer to a confirm

    private func refusal(_ kind: Refusal.Kind, _ status: Int) -> GatewayResult<IntentSnapshot> {
        .refused(Refusal(kind: kind, httpStatus: status, message: "no"))
    }

    private func answer(
        _ result: GatewayResult<IntentSnapshot>, namesIntent: Bool = true, isResumed: Bool = false
    ) -> Answer {
        Answer(
            AttemptBaseline(charge: "ch_1").outcome(confirmed: result, namesIntent: namesIntent, isResumed: isResumed))
    }

    @Test(arguments: [true, false], [true, false])
    func whatTheGatewaySaysOfTheIntentDecidesAConfirm(namesIntent: Bool, isResumed: Bool) {
        let cases: [(GatewayResult<IntentSnapshot>, Answer)] = [
            (.value(intent(.succeeded)), .succeeded), (.value(intent(.processing)), .processing),
            (.value(intent(.requiresAction)), .needsCustomer), (.value(intent(.requiresConfirmation)), .unknown),
            (.value(intent(.requiresPaymentMethod, charge: "ch_1")), .unknown),
            (.value(intent(.requiresPaymentMethod, charge: "ch_2", Self.funds)), .declined),
            (.declined(intent(.requiresPaymentMethod, charge: "ch_2"), Self.funds), .declined),
            (.declined(intent(.requiresPaymentMethod), Self.authentication), .needsCustomer),
            (.declined(intent(.succeeded), Self.funds), .succeeded),
            (.unknown("500"), .unknown), (.notSent("no route"), .unknown),
            (.throttled(Throttle(retryAfterSeconds: 1, isRateLimit: true)), .unknown),
            (refusal(.wrongState, 400), .unknown), (refusal(.idempotency, 400), .unknown),
            (refusal(.notFound, 404), .unknown),
        ]
        for (result, expected) in cases {
            #expect(answer(result, namesIntent: namesIntent, isResumed: isResumed) == expected, "\(result)")
        }
    }

    @Test(arguments: [true, false]) func aDeclineWithoutTheIntentCountsOnlyIfTheRequestNamedIt(isResumed: Bool) {
        #expect(answer(.declined(nil, Self.funds), namesIntent: true, isResumed: isResumed) == .declined)
        #expect(answer(.declined(nil, Self.funds), namesIntent: false, isResumed: isResumed) == .unknown)
        #expect(answer(.declined(nil, Self.authentication), namesIntent: true, isResumed: isResumed) == .needsCustomer)
    }

    @Test func aRefusalOfARequestThatWasSentBeforeSaysNothingAboutThatOne() {
        #expect(answer(refusal(.request, 400), isResumed: false) == .refused)
        #expect(answer(refusal(.request, 400), isResumed: true) == .unknown)
        // A refused key is told apart, since it halts the gateway; the attempt stays in flight all the same.
        #expect(answer(refusal(.key, 401), isResumed: true) == .refused)
    }
}

@Suite struct IntentExpectationTests {
    private let ours = IntentMetadata(
        reference: "dl-1", subscriptionID: "sub_1", period: "2026-11-01", invoiceID: "7", databaseID: "db-1")

    private func expectation(_ mode: GatewayMode = .test) throws -> IntentExpectation {
        IntentExpectation(
            amount: Money(minorUnits: 1900, currency: try #require(Currency("EUR"))), customerID: "cus_1", mode: mode,
            metadata: ours)
    }

    private func intent() throws -> IntentSnapshot {
        IntentSnapshot(
            id: "pi_1", status: .requiresConfirmation, amount: try expectation().amount, customerID: "cus_1",
            isLive: false, metadata: ours)
    }

    static let differences: [(field: String, change: @Sendable (inout IntentSnapshot) -> Void)] = [
        ("amount", { $0.amount = nil }),
        ("amount", { $0.amount = Currency("EUR").map { Money(minorUnits: 1901, currency: $0) } }),
        ("amount", { $0.amount = Currency("USD").map { Money(minorUnits: 1900, currency: $0) } }),
        ("customer", { $0.customerID = "cus_2" }), ("mode", { $0.isLive = true }),
        ("dunlin_reference", { $0.metadata.reference = "dl-2" }),
        ("dunlin_subscription", { $0.metadata.subscriptionID = "sub_2" }),
        ("dunlin_period", { $0.metadata.period = "2026-12-01" }),
        ("dunlin_database", { $0.metadata.databaseID = "db-2" }),
    ]

    @Test(arguments: differences.indices) func anyFieldThatDiffersMakesAnIntentForeign(index: Int) throws {
        var foreign = try intent()
        Self.differences[index].change(&foreign)
        let difference = try expectation().difference(from: foreign)
        #expect(difference?.hasPrefix(Self.differences[index].field) == true, "\(difference ?? "none")")
    }

    @Test func anIntentThatIsOursDiffersInNothing() throws {
        #expect(try expectation().difference(from: intent()) == nil)
        #expect(try expectation(.live).difference(from: intent()) == "mode")
    }

    @Test func whatTheGatewayDoesNotTellIsNotHeldAgainstIt() throws {
        let silent = IntentSnapshot(id: "pi_1", status: .requiresConfirmation, amount: try expectation().amount)
        #expect(try expectation().difference(from: silent) == nil)
        var restored = try intent()
        restored.metadata.invoiceID = "8"
        #expect(try expectation().difference(from: restored) == nil)
    }
}
