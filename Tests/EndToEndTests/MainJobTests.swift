import DunlinSandbox
import Foundation
import Testing

/// What came due is charged exactly once, at gateways that do no more than their documentation says.
@Suite(.fewAtOnce) struct MainJobTests {
    @Test(arguments: GatewayName.allCases)
    func theDocumentedMinimumOfAGatewayIsEnough(gateway: GatewayName) async throws {
        let minimal = MinimalGateway(gateway) { Int64(Date().timeIntervalSince1970) }
        let server = try await GatewayServer(isPlain: true) { minimal.answer($0) }
        let site = try Site([gateway: server.baseURL], usesWorldClock: false)
        let now = Date()
        let methods = ["pm_1", "pm_2", MinimalGateway.declined, "pm_3", "pm_4"]
        try await site.open(
            methods.enumerated().map { index, method in
                // The first three came due a few minutes ago, the others twenty days ago.
                let age: TimeInterval = index < 3 ? 300 : 20 * 86_400
                let anchor = now.addingTimeInterval(-age).formatted(.iso8601).replacing("Z", with: "")
                return SampleSubscription(
                    card: SavedCard(customerID: "cus_\(index)", methodID: method), gateway: gateway, anchor: anchor,
                    billFrom: "anchor")
            })
        let first = try await site.pass()
        #expect(first["due"] == 5)
        #expect(first["invoiced"] == 5)
        #expect(first["attempted"] == 5)
        #expect(first["succeeded"] == 4)
        #expect(first["declined"] == 1)
        #expect(first["unknown"] == 0)
        #expect(try await site.list("invoices").count == 5)
        #expect(Set(minimal.charges).count == 4)
        let requests = server.requests.count
        let second = try await site.pass()
        #expect(second["due"] == 0)
        #expect(second["attempted"] == 0)
        #expect(server.requests.count == requests, "a pass without work sends nothing")
        #expect(minimal.charges.count == 4)
        try await site.prove()
    }

    /// Exactly what the gateways' documentation asks for arrives there: no more and no less.
    @Test(arguments: GatewayName.allCases)
    func anIntentIsCreatedUnconfirmedAndConfirmedByItsId(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway, cards: ["pm_card_visa"])
        try await stage.site.pass()
        let writes = stage.server.requests.filter(\.writes)
        #expect(writes.map(\.endpoint) == [GatewayRequest.create, GatewayRequest.confirm])
        let create = try #require(writes.first).fields
        #expect(create["amount"] == "1200")
        #expect(create["confirm"] == nil && create["off_session"] == nil && create["return_url"] == nil)
        let reference = try #require(create["metadata[dunlin_reference]"])
        #expect(
            reference.count <= 40 && reference.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        #expect(create["metadata[dunlin_subscription]"] == "s0")
        #expect(create["metadata[dunlin_period]"] == "2026-03-01")
        #expect(create["metadata[dunlin_invoice]"] == "1")
        #expect(create["metadata[dunlin_database]"]?.count == 32)
        #expect(gateway == .stripe || create["merchant_order_id"] == reference)
        #expect(["true", "1"].contains(writes[1].fields["off_session"]))
        let agent = try #require(writes[0].headers["user-agent"])
        #expect(agent.hasPrefix("dunlin/"))
    }

    @Test(arguments: GatewayName.allCases)
    func afterFortyDaysWithoutAPassOnlyTheNewestPeriodIsCharged(gateway: GatewayName) async throws {
        let model = SandboxModel()
        let server = try await GatewayServer { model.answer($0) }
        let site = try Site([gateway: server.baseURL])
        try await site.open(
            try [("month", 1), ("week", 1), ("day", 3)].map { interval, count in
                SampleSubscription(
                    card: try model.save(card: "pm_card_visa"), gateway: gateway, interval: interval,
                    intervalCount: count)
            })
        #expect(try await site.pass()["succeeded"] == 3)
        let downtime = 40 * 86_400
        model.sandbox.advance(to: (Dates.startSeconds + Int64(downtime)) * 1000)
        let after = try await site.pass(after: downtime)
        #expect(after["succeeded"] == 3)
        // Monthly: April alone came due. Weekly: of 8 March to 5 April the newest. Every third day: of 13 the newest.
        #expect(after["waiting"] == 4 + 12)
        #expect(try await site.list("invoices").count == 6)
        #expect(model.sandbox.audit.successes == 6)
        #expect(model.sandbox.audit.doubles.isEmpty)
        #expect(
            model.sandbox.audit.successesByPeriod.keys.map(\.period).sorted() == [
                "2026-03-01", "2026-03-01", "2026-03-01", "2026-04-01", "2026-04-05", "2026-04-09",
            ])
        try await site.prove(after: downtime)
        let again = try await site.pass(after: downtime + 60)
        #expect(again["attempted"] == 0)
        #expect(model.sandbox.audit.successes == 6)
    }
}
