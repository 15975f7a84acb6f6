import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct ListingTests {
    private let query = IntentQuery(customerID: "cus_1", createdFrom: Harness.start)

    private func page(_ ids: [String], more: Bool, next: String? = nil) -> ScriptedServer.Step {
        let items = ids.map { Sample.stripeIntent(id: $0) }.joined(separator: ",")
        let cursor = next.map { #","next_page":"\#($0)""# } ?? ""
        return .answer(200, body: #"{"object":"list","url":"/v1/x","has_more":\#(more),"data":[\#(items)]\#(cursor)}"#)
    }

    private func list(
        _ script: [ScriptedServer.Step]
    ) async throws -> (reply: GatewayReply<[IntentSnapshot]>, targets: [String]) {
        try await Harness.run(.stripe, script) { gateway, harness in
            let reply = await gateway.intents(query)
            return (reply, harness.server.requests.map { String($0.split(separator: " ")[1]) })
        }
    }

    @Test func everyPageIsReadAndTheLastOneStillHoldsItems() async throws {
        let (reply, targets) = try await list([
            page(["pi_1", "pi_2"], more: true), page(["pi_3"], more: true), page(["pi_4"], more: false),
        ])
        #expect(reply.verdict == "value [pi_1, pi_2, pi_3, pi_4]")
        let first = "/v1/payment_intents?customer=cus_1&created%5Bgte%5D=1795255200&limit=100"
        #expect(targets == [first, first + "&starting_after=pi_2", first + "&starting_after=pi_3"])
        #expect(reply.exchanges.count == 3)
    }

    @Test func anEmptyPageEndsTheList() async throws {
        #expect(try await list([page([], more: false)]).reply.verdict == "value []")
        let (reply, _) = try await list([page(["pi_1"], more: true), page([], more: true)])
        #expect(reply.verdict == "value [pi_1]")
    }

    @Test func anItemThatComesTwiceIsCountedOnce() async throws {
        let (reply, _) = try await list([page(["pi_1", "pi_2"], more: true), page(["pi_2", "pi_3"], more: false)])
        #expect(reply.verdict == "value [pi_1, pi_2, pi_3]")
    }

    @Test func aShortPageThatAddsNothingEndsTheList() async throws {
        let (reply, targets) = try await list([page(["pi_1"], more: true), page(["pi_1"], more: true)])
        #expect(reply.verdict == "value [pi_1]")
        #expect(targets.count == 2)
    }

    @Test func fullPagesThatNeverAdvanceAreNoCompleteAnswer() async throws {
        let full = page((1...100).map { "pi_\($0)" }, more: true)
        let (reply, targets) = try await list([full, full, full])
        #expect(reply.verdict == "unknown")
        #expect(targets.count == 2)
    }

    @Test func aListWithAPageMissingIsNoValue() async throws {
        let first = page(["pi_1"], more: true)
        #expect(try await list([first, .answer(500), .close, .answer(502)]).reply.verdict == "unknown")
        #expect(try await list([first, .answer(401)]).reply.verdict == "refused key 401 -")
        #expect(
            try await list([first, .answer(500), page(["pi_2"], more: false)]).reply.verdict == "value [pi_1, pi_2]")
    }

    @Test func anItemThatCannotBeReadMakesTheListNoValue() async throws {
        for item in ["{}", "null", #"{"id":"pi_9"}"#, #"{"object":"charge","id":"ch_1","status":"succeeded"}"#] {
            let body = #"{"object":"list","has_more":false,"data":[\#(Sample.stripeIntent()),\#(item)]}"#
            #expect(try await list([.answer(200, body: body)]).reply.verdict == "unknown", "\(item)")
        }
    }

    @Test func theSearchFollowsItsOwnCursor() async throws {
        try await Harness.run(
            .stripe, [page(["pi_1"], more: true, next: "cursor=="), page(["pi_2"], more: false)]
        ) { gateway, harness in
            #expect(await gateway.intents(reference: "dl-abc234").verdict == "value [pi_1, pi_2]")
            #expect(harness.server.requests.last?.contains("&limit=100&page=cursor%3D%3D HTTP") == true)
        }
    }

    @Test func aSearchByReferenceDropsWhatHasAnother() async throws {
        let other = Sample.wooshpayIntent(id: "pi_2").replacing("dl-abc234", with: "dl-abc2345")
        let silent = #"{"id":"pi_3","status":"succeeded"}"#
        let body = #"{"object":"list","has_more":false,"data":[\#(Sample.wooshpayIntent()),\#(other),\#(silent)]}"#
        try await Harness.run(.wooshpay, [.answer(200, body: body)]) { gateway, _ in
            // One that tells no reference cannot be ruled out.
            #expect(
                await gateway.intents(reference: "dl-abc234").verdict == "value [pi_1953045900000000001, pi_3]")
        }
    }

    @Test func aSearchMayAnswerWithABareArrayOrASingleObject() async throws {
        for body in ["[\(Sample.wooshpayIntent())]", Sample.wooshpayIntent(), #"{"data":\#(Sample.wooshpayIntent())}"#]
        {
            try await Harness.run(.wooshpay, [.answer(200, body: body)]) { gateway, _ in
                #expect(await gateway.intents(reference: "dl-abc234").verdict == "value [pi_1953045900000000001]")
            }
        }
        for body in [#"{"data":[]}"#, #"{"data":null}"#, #"{"data":""}"#, "[]"] {
            try await Harness.run(.wooshpay, [.answer(200, body: body)]) { gateway, _ in
                #expect(await gateway.intents(reference: "dl-abc234").verdict == "value []", "\(body)")
            }
        }
    }

    @Test func anAnswerThatIsNoListIsNoEmptyList() async throws {
        let bodies = ["{}", #"{"object":"list"}"#, #"{"data":7}"#, #"{"error":"x"}"#, "null", "\"\""]
        for kind in GatewayKind.allCases {
            for body in bodies {
                try await Harness.run(kind, Array(repeating: .answer(200, body: body), count: 3)) { gateway, _ in
                    #expect(await gateway.intents(reference: "dl-abc234").verdict == "unknown", "\(body)")
                }
            }
        }
    }
}
