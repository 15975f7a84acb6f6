import DunlinImport
import DunlinLedger
import Testing

@Suite struct CardNumberTests {
    @Test(arguments: ImportTable.allCases) func aCardNumberIsRefusedInEveryColumnAndMasked(table: ImportTable)
        async throws
    {
        for column in table.requiredColumns + table.optionalColumns {
            let fixture = try ImportFixture()
            let problems = try await fixture.problems(table, [column: "4242 4242-4242 4242"])
            #expect(
                problems == [
                    "\(column): \"••••4242\" looks like a card number; give the gateway's id of the saved card"
                ])
        }
    }

    @Test func aCardNumberIsMaskedInEveryMessageAboutAFile() async throws {
        let card = "5555555555554444"
        let fixture = try ImportFixture()
        let texts = [
            "id,\(card)\nx,\(card)\n", ImportFixture.csv(.customers) + "\(card),\(card)\n",
            ImportFixture.csv(.customers) + "a\"\(card)\n",
            "{\"\(card)\":\"\(card)\",\"id\":\(card)}\n{\"\(card)\":1,\"\(card)\":2}\n{\"id\":\(card)x",
        ]
        for text in texts {
            let result = try await fixture.apply([.customers: text])
            #expect(!result.problems.isEmpty)
            #expect(!result.problems.lines.joined().contains("555555555"), "\(result.problems.lines)")
        }
    }

    @Test func aJSONNumberThatIsACardNumberIsRefused() async throws {
        let text = #"{"id":"a","subscription_id":"s","amount_minor":4242424242424242,"currency":"EUR","reason":"r"}"#
        let result = try await ImportFixture().apply([.adjustments: text], suffix: "jsonl")
        #expect(result.problems.listed.map(\.column) == ["amount_minor"])
        #expect(!result.problems.lines.joined().contains("42424242"))
    }

    @Test func anIdOfAGatewayWithManyDigitsIsNoCardNumber() async throws {
        let values = ["gateway_customer_id": "cus_4242424242424242"]
        #expect(try await ImportFixture().problems(.customers, values) == [])
    }
}
