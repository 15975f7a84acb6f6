import Testing

@testable import DunlinSandbox

@Suite struct CardTests {
    @Test func everyTestNumberPassesItsCheckDigit() {
        for card in TestCard.all where !card.number.isEmpty {
            #expect(CardNumber(card.number).isValid, "\(card.number)")
        }
        #expect(!CardNumber("4242424242424241").isValid)
        #expect(!CardNumber("41111411114111").isValid)
    }

    @Test func everyDeclineHasANumberAndATokenOfTheSandboxsOwn() throws {
        for (index, code) in CardDecline.codesInNumberOrder.enumerated() {
            let number = OwnCard.number(place: index + 1, times: 3)
            let byNumber = try #require(TestCard.number(number))
            let byToken = try #require(TestCard.token("pm_card_sandbox_\(code)_3"))
            #expect(byNumber.behavior == byToken.behavior)
            #expect(byNumber.behavior.chargeDecline == code)
            #expect(byNumber.behavior.declinesMax == 3)
            #expect(byNumber.behavior.attachDecline == nil)
        }
        #expect(TestCard.token("pm_card_sandbox_no_such_code") == nil)
        #expect(TestCard.token("pm_card_no_such_card") == nil)
    }

    @Test func anUnknownNumberIsNoTestCard() {
        let client = TestClient()
        func create(_ number: String) -> TestClient.Answer {
            client.stripe(
                "POST", "/v1/payment_methods",
                "type=card&card[number]=\(number)&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123")
        }
        #expect(create("4242424242424241").error["code"]?.string == "incorrect_number")
        #expect(create("4929420573595709").error["decline_code"]?.string == "testmode_decline")
        #expect(create("5555555555554444")["card"]?["brand"]?.string == "mastercard")
        #expect(create("4242424242424242").response.body.contains(Array("4242424242424242".utf8)) == false)
    }

    @Test func theSameNumberHasTheSameFingerprint() {
        let client = TestClient()
        func fingerprint(_ token: String) -> String? {
            let saved = client.savedCard(token)
            return client.stripe("GET", "/v1/payment_methods/\(saved.method)")["card"]?["fingerprint"]?.string
        }
        #expect(fingerprint("pm_card_visa") == fingerprint("pm_card_visa"))
        #expect(fingerprint("pm_card_visa") != fingerprint("pm_card_mastercard"))
        #expect(fingerprint("pm_card_statistical") != fingerprint("pm_card_statistical"))
    }

    /// What became of many first charges and their retries.
    private struct Outcome {
        var firstDeclines = 0
        var recovered = 0
        var recoveredEarly = 0
    }

    /// Charges cards once a month for a year; a decline is tried again after the days given.
    private func dun(_ days: [Int64], cards: Int) -> Outcome {
        var outcome = Outcome()
        let profile = StatisticalProfile()
        let start = SandboxOptions.defaultStart
        for card in 0..<cards {
            var draws = Mix.word(UInt64(card))
            func isPaid(_ trouble: inout CardTrouble?, _ day: Int64) -> Bool {
                draws = Mix.word(draws)
                return profile.outcome(
                    isDebit: card % 3 == 0, isOffSession: true, trouble: &trouble,
                    day: CivilDate(milliseconds: start + day * 86_400_000), draw: draws) == nil
            }
            for month in Int64(0)..<12 {
                var trouble: CardTrouble?
                let due = month * 30 + Int64(card % 28)
                guard !isPaid(&trouble, due) else { continue }
                outcome.firstDeclines += 1
                guard let day = days.first(where: { isPaid(&trouble, due + $0) }) else { continue }
                outcome.recovered += 1
                if day <= 10 { outcome.recoveredEarly += 1 }
            }
        }
        return outcome
    }

    @Test func statisticalCardsAreDeclinedAsOftenAsPublished() {
        let outcome = dun([], cards: 2000)
        let share = Double(outcome.firstDeclines) / 24_000
        #expect((0.075...0.095).contains(share))
    }

    @Test func somePlainRetriesRecoverAboutAThirdToAHalf() {
        let outcome = dun([3, 8, 15, 22], cards: 2000)
        let share = Double(outcome.recovered) / Double(outcome.firstDeclines)
        #expect((0.30...0.55).contains(share), "\(share)")
    }

    @Test func aStatisticalCardGoesThroughALifeOfItsOwn() {
        let client = TestClient()
        let saved = (0..<40).map { _ in client.savedCard("pm_card_statistical") }
        var statuses: Set<Int> = []
        for month in 0..<60 {
            client.sandbox.advance(to: SandboxOptions.defaultStart + Int64(month) * 30 * 86_400_000)
            for card in saved { statuses.insert(client.charge(card).status) }
        }
        let updates = client.sandbox.audit.requestsByEndpoint["POST /v1/payment_intents"]
        #expect(updates == 2400)
        #expect(statuses == [200, 402])
        let expired = saved.filter { client.charge($0).error["code"]?.string == "expired_card" }.count
        #expect((8...36).contains(expired))
    }
}
