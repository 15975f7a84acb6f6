import DunlinLedger
import Foundation
import Testing

@testable import DunlinWeb

/// The routes of the admin listener, without a socket.
@Suite struct AdminRoutesTests {
    private static func object(_ answer: Answer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    @Test func healthIs200WithJSONWhenAllIsWell() async throws {
        let routes = AdminRoutes(health: SickLedger.check(try await SickLedger.database { try $0.gateway() }))
        let answer = try await routes.answer(method: "GET", path: "/health")
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.headers["cache-control"] == "no-store")
        let object = try Self.object(answer)
        #expect(object["ok"] as? Bool == true)
        #expect(object["now"] as? String == "2026-11-21T12:00:00Z")
        #expect((object["reasons"] as? [Any])?.isEmpty == true)
        #expect(object["charging"] as? [String: String] == ["stripe": "on"])
        #expect(object["last_pass_seconds"] as? Int == 5)
        #expect(object["dead_jobs"] as? Int == 0)
    }

    @Test func healthIs503WithReasonsAndNoSecretsWhenSomethingIsWrong() async throws {
        let database = try await SickLedger.database { ledger in
            try ledger.gateway()
            try GatewayStates.stop(
                "stripe", reason: "sk_test_canary", by: Activity.dunlin, now: SickLedger.now, ledger.tx)
            try ledger.deadJob()
        }
        let answer = try await AdminRoutes(health: SickLedger.check(database)).answer(method: "GET", path: "/health")
        #expect(answer.status == 503)
        #expect(answer.headers["cache-control"] == "no-store")
        let object = try Self.object(answer)
        #expect(object["ok"] as? Bool == false)
        let reasons = try #require(object["reasons"] as? [[String: String]])
        #expect(reasons.map { $0["code"] } == ["charging_stopped", "dead_jobs"])
        #expect(reasons.first?["gateway"] == "stripe")
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("canary"))
    }

    @Test(arguments: [
        ("GET", "/"), ("GET", "/health/"), ("GET", "/healthz"), ("GET", "/HEALTH"), ("POST", "/health"),
        ("HEAD", "/health"), ("DELETE", "/health"),
    ])
    func everythingElseIs404AndNotStored(method: String, path: String) async throws {
        let routes = AdminRoutes(health: SickLedger.check(try await SickLedger.database()))
        let answer = try await routes.answer(method: method, path: path)
        #expect(answer.status == 404)
        #expect(answer.headers["cache-control"] == "no-store")
        #expect(answer == .notFound)
    }
}
