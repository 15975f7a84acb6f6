import DunlinCore
import Testing

@Suite struct DebtReferenceTests {
    private func reference(
        database: String = "db-1", subscription: String = "sub_1", period: String = "2026-11-01", number: Int = 1
    ) -> DebtReference {
        DebtReference(databaseID: database, subscriptionID: subscription, period: period, intentNumber: number)
    }

    /// A change of these values would make every debt at the gateways unknown.
    @Test func theNameOfADebtNeverChanges() {
        #expect(reference().text == "dl-x6xq7rqf7hckexc47qj3yhxiaqa7pzbx")
        #expect(reference(number: 2).text == "dl-tpsazxvkfur8tqb4uabwjvm7eqich2jn")
        #expect(reference().description == reference().text)
    }

    @Test(arguments: ["", "sub_1", "Ω/ünï \"quoted\"", String(repeating: "long", count: 500)])
    func bothGatewaysTakeTheNameWhateverTheSubscriptionIsCalled(subscription: String) {
        let text = reference(subscription: subscription).text
        #expect(text.utf8.count <= 40)
        #expect(text.allSatisfy { $0 == "-" || ($0.isASCII && ($0.isLetter || $0.isNumber)) })
    }

    @Test func everyPartMakesAnotherName() {
        let names = [
            reference(), reference(database: "db-2"), reference(subscription: "sub_2"),
            reference(period: "2026-12-01"), reference(number: 2),
        ]
        #expect(Set(names).count == names.count)
        #expect(reference() == reference())
    }

    @Test func noTwoListsOfPartsReadAlike() {
        let parts: [(String, String, String, Int)] = [
            ("ab", "c", "d", 1), ("a", "bc", "d", 1), ("a", "b", "cd", 1), ("abc", "", "d", 1), ("", "abc", "d", 1),
            ("a", "b", "c", 11), ("a", "b", "c1", 1), ("a|b", "c", "d", 1), ("a", "b|c", "d", 1),
            ("1:a", "b", "c", 1), ("1", ":ab", "c", 1), ("a1:b", "", "c", 1), ("a", "1:b", "c", 1),
        ]
        let names = parts.map { reference(database: $0.0, subscription: $0.1, period: $0.2, number: $0.3) }
        #expect(Set(names).count == parts.count)
    }

    @Test func anIdempotencyKeyNamesTheOperationAndTheAttempt() {
        let name = reference()
        #expect(name.idempotencyKey("create", attempt: 1) == "\(name.text):create:1")
        let keys = [
            name.idempotencyKey("create", attempt: 1), name.idempotencyKey("confirm", attempt: 1),
            name.idempotencyKey("confirm", attempt: 2), reference(number: 2).idempotencyKey("confirm", attempt: 2),
        ]
        #expect(Set(keys).count == keys.count)
    }
}
