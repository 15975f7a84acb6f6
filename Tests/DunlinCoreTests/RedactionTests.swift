import DunlinCore
import Testing

@Suite struct RedactionTests {
    @Test(arguments: [
        ("4242424242424242", "••••4242"), ("card 4242 4242 4242 4242 declined", "card ••••4242 declined"),
        ("4242-4242-4242-4242", "••••4242"), ("4242 4242-42424242", "••••4242"),
        ("pan=5555555555554444;", "pan=••••4444;"), ("378282246310005", "••••0005"),
        ("4222222222222", "••••2222"), ("6304000000000000000", "••••0000"),
        ("two: 4242424242424242, 5555555555554444", "two: ••••4242, ••••4444"),
        ("(4242424242424242)", "(••••4242)"), ("é4242424242424242é", "é••••4242é"),
    ])
    func aCardNumberIsMaskedButForItsLastFour(text: String, shown: String) {
        #expect(Redaction.maskCardNumbers(text) == shown)
        #expect(Redaction.clean(text) == shown)
    }

    @Test(arguments: [
        ("4242424242424242 12/34 123", "••••4242 12/34 123"), ("4242424242424242-123", "••••4242-123"),
        ("4242 4242 4242 4242 12 2034", "••••4242 12 2034"), ("row 7 4242 4242 4242 4242", "row 7 ••••4242"),
        ("3782 822463 10005 05 30", "••••0005 05 30"), ("1 2 5555555555554444 3 4", "1 2 ••••4444 3 4"),
        ("5555555555554444 4242424242424242", "••••4444 ••••4242"),
        ("4242 4242 4242 4242 4242 4242 4242", "••••••••4242"),
    ])
    func aCardNumberAmongOtherNumbersIsMaskedAlone(text: String, shown: String) {
        #expect(Redaction.maskCardNumbers(text) == shown)
        #expect(Redaction.holdsCardNumber(text))
        #expect(!Redaction.holdsCardNumber(shown))
    }

    @Test(arguments: [
        "4242424242424241", "424242424242", "42424242424242424242", "invoice 2026-11-21 of 1900", "", "no digits",
        "1700000000", "4242 4242 4242", "4242  4242  4242  4242",
        "2026-11-21 2026-12-21 2027-01-21", "IBAN 89 4242 4242 4242 4242 00",
    ])
    func whatIsNoCardNumberIsLeftAsItIs(text: String) {
        #expect(Redaction.maskCardNumbers(text) == text)
        #expect(!Redaction.holdsCardNumber(text))
    }

    @Test(arguments: [
        "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "x 5555555555554444 y", "378282246310005",
        "card:2223003122003222", "6011111111111117",
    ])
    func aCardNumberIsKnownWhateverStandsBetweenItsDigits(text: String) {
        #expect(Redaction.holdsCardNumber(text))
    }

    @Test(arguments: [
        "pm_4242424242424242", "pi4242424242424242", "cus_5555555555554444", "0000000000000000", "1234567812345670",
        "9999999999999995",
    ])
    func theIdsOfGatewaysAreNoCardNumbers(text: String) {
        #expect(!Redaction.holdsCardNumber(text))
    }

    @Test(arguments: [
        ("https://pay.example/x?client_secret=s_1&b=2", "https://pay.example/x?…"),
        (
            "see https://a.example/?q=1 and https://b.example/p?r=2 now",
            "see https://a.example/?… and https://b.example/p?… now"
        ),
        ("https://a.example/path", "https://a.example/path"), ("is it? yes", "is it? yes"),
        ("what? https://a.example/path", "what? https://a.example/path"),
    ])
    func theQueryOfAURLIsCutOff(text: String, shown: String) {
        #expect(Redaction.clean(text) == shown)
    }

    @Test(arguments: [
        "first line\nhttps://a.example/x?client_secret=hidden", "\thttps://a.example/x?client_secret=hidden\tend",
        "https://a.example/x?a=1\nhttps://b.example/y?client_secret=hidden",
    ])
    func aQueryIsCutOffWhateverBlankStandsBeforeIt(text: String) {
        #expect(!Redaction.clean(text).contains("hidden"))
    }

    @Test func messagesOfTheGatewayAreCleanedWhereTheyComeIn() {
        let number = "4242 4242 4242 4242"
        #expect(Decline(message: "card \(number)").message == "card ••••4242")
        #expect(Refusal(kind: .request, httpStatus: 400, message: "bad \(number)").message == "bad ••••4242")
    }
}
