import DunlinSandbox
import DunlinSandboxServer
import Foundation
import Testing

@Suite struct ServerTests {
    @Test func theAddressIsTheFirstLineOfTheCommand() async throws {
        try await RunningServer.with { server in
            let line = try JSONValue(parsing: Array(server.address.json.utf8))
            #expect(line["base_url"]?.string == server.address.baseURL)
            #expect(line["stripe_webhook_secret"]?.string?.hasPrefix("whsec_") == true)
            #expect(line["wooshpay_webhook_secret"]?.string?.hasPrefix("whsec_") == true)
        }
    }

    @Test func anAnswerCarriesTheSandboxsDateAndARequestID() async throws {
        try await RunningServer.with { server in
            let answer = try await server.send("GET", "/v1/account")
            #expect(answer.status == 200)
            #expect(answer.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT")
            #expect(answer.headers["request-id"]?.hasPrefix("req_") == true)
            #expect(answer.json["id"]?.string == server.sandbox.accountID)
            _ = try await server.send(
                "POST", "/_sandbox/clock", #"{"advance_days":1}"#, headers: ["Content-Type": "application/json"])
            let later = try await server.send("GET", "/v1/account")
            #expect(later.headers["date"] == "Fri, 02 Jan 2026 00:00:00 GMT")
        }
    }

    @Test func aReplyDroppedAfterTheEffectLeavesTheEffect() async throws {
        try await RunningServer.with { server in
            server.sandbox.addFault(FaultRule(.dropAfter, method: "POST", path: "/v1/customers", timesMax: 1))
            await #expect(throws: (any Error).self) {
                _ = try await server.send("POST", "/v1/customers", "email=a@example.com")
            }
            let list = try await server.send("GET", "/v1/customers")
            #expect(list.json["data"]?.array?.count == 1)
        }
    }

    @Test func aReplyDroppedBeforeTheEffectLeavesNothing() async throws {
        try await RunningServer.with { server in
            server.sandbox.addFault(FaultRule(.dropBefore, method: "POST", path: "/v1/customers", timesMax: 1))
            await #expect(throws: (any Error).self) {
                _ = try await server.send("POST", "/v1/customers", "email=a@example.com")
            }
            let list = try await server.send("GET", "/v1/customers")
            #expect(list.json["data"]?.array == [])
        }
    }

    @Test func aPortThatIsTakenIsAnError() async throws {
        try await RunningServer.with { server in
            var options = SandboxServerOptions()
            options.port = try #require(server.address.baseURL.split(separator: ":").last.flatMap { Int($0) })
            await #expect(throws: (any Error).self) {
                try await RunningServer.with(options) { _ in Issue.record("two servers on one port") }
            }
        }
    }

    @Test func manyAtOnceWithOneKeyMakeOne() async throws {
        try await RunningServer.with { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await server.send(
                            "POST", "/v1/payment_intents",
                            "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true&payment_method_types[]=card",
                            headers: ["Idempotency-Key": "once"]
                        ).status
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses == [200])
            #expect(server.sandbox.audit.successes == 1)
        }
    }

    @Test func aTruncatedBodyBreaksOff() async throws {
        try await RunningServer.with { server in
            server.sandbox.addFault(FaultRule(.truncated, path: "/v1/account", timesMax: 1))
            await #expect(throws: (any Error).self) { _ = try await server.send("GET", "/v1/account") }
            let whole = try await server.send("GET", "/v1/account")
            #expect(whole.status == 200)
        }
    }

    @Test func aTrickledBodyArrivesWhole() async throws {
        try await RunningServer.with { server in
            server.sandbox.addFault(FaultRule(.trickle, path: "/v1/account", timesMax: 1, delayMilliseconds: 1))
            let slow = try await server.send("GET", "/v1/account")
            #expect(slow.json["object"]?.string == "account")
        }
    }

    @Test func aPortOfItsOwnMakesEveryRequestWooshPays() async throws {
        var options = SandboxServerOptions()
        options.wooshpayPort = 0
        try await RunningServer.with(options) { server in
            let base = try #require(server.address.wooshpayBaseURL)
            let answer = try await server.send("GET", "/v1/payment_intents?limit=1", base: base)
            #expect(answer.status == 200)
            #expect(answer.headers["stripe-version"] == nil)
            let shared = try await server.send("GET", "/v1/payment_intents?limit=1")
            #expect(shared.headers["stripe-version"] != nil)
        }
    }

    @Test func theHostedPagesTakeACustomerThroughSavingACard() async throws {
        try await RunningServer.with { server in
            let session = try await server.send(
                "POST", "/v1/checkout/sessions",
                "mode=setup&success_url=\(server.address.baseURL)/_sandbox/done&currency=usd")
            let url = try #require(session.json["url"]?.string)
            let path = String(url.dropFirst(server.address.baseURL.count))
            let form = try await server.send("GET", path)
            #expect(form.headers["content-type"]?.hasPrefix("text/html") == true)
            let saved = try await server.send(
                "POST", path, "number=4242424242424242&exp_month=12&exp_year=2040&cvc=123")
            #expect(String(decoding: saved.body, as: UTF8.self).contains("The card is saved"))
            let intentID = try #require(session.json["setup_intent"]?.string)
            let intent = try await server.send("GET", "/v1/setup_intents/\(intentID)")
            #expect(intent.json["status"]?.string == "succeeded")
        }
    }

    @Test func aStateFileBringsEverythingBackAfterARestart() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/dunlin-sandbox-\(getpid()).state"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var options = SandboxServerOptions()
        options.stateFile = path
        var before = ""
        try await RunningServer.with(options) { server in
            let customer =
                try await server.send("POST", "/v1/customers", "email=a@example.com").json["id"]?.string ?? ""
            _ = try await server.send("GET", "/v1/customers")
            _ = try await server.send(
                "POST", "/v1/payment_intents",
                "amount=1200&currency=usd&customer=\(customer)&payment_method=pm_card_visa&confirm=true"
                    + "&payment_method_types[0]=card",
                headers: ["Idempotency-Key": "once"])
            before = String(decoding: try await server.send("GET", "/v1/payment_intents").body, as: UTF8.self)
        }
        try Data(try #require(FileManager.default.contents(atPath: path)) + Data(#"{"request":{"met"#.utf8)).write(
            to: URL(fileURLWithPath: path))
        try await RunningServer.with(options) { server in
            let after = try await server.send("GET", "/v1/payment_intents")
            #expect(String(decoding: after.body, as: UTF8.self) == before)
            #expect(server.sandbox.audit.successes == 1)
        }
    }

    @Test func aStateFileOfAnotherSeedIsRefused() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/dunlin-sandbox-seed-\(getpid()).state"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var options = SandboxServerOptions()
        options.stateFile = path
        try await RunningServer.with(options) { _ in }
        options.sandbox.seed = 99
        await #expect(throws: SandboxServerError.self) { try await RunningServer.with(options) { _ in } }
    }
}
