import Foundation
import NIOCore
import Testing

/// The gateways' limits are kept by all processes together.
@Suite(.fewAtOnce) struct LimitTests {
    @Test(arguments: [(GatewayName.stripe, 25, 40), (.wooshpay, 5, 8)])
    func fourProcessesTogetherStayBelowTheLimitInEverySecond(
        gateway: GatewayName, limit: Int, subscriptions: Int
    ) async throws {
        let minimal = MinimalGateway(gateway) { Int64(Date().timeIntervalSince1970) }
        let server = try await GatewayServer { minimal.answer($0) }
        var site = try Site([gateway: server.baseURL], usesWorldClock: false)
        // As documented for test keys.
        site.program.environment[gateway.prefix + "_LIMITS_PER_SECOND"] = nil
        site.program.environment[gateway.prefix + "_LIMITS_PER_ENDPOINT_PER_SECOND"] = nil
        let anchor = Date().addingTimeInterval(-300).formatted(.iso8601).replacing("Z", with: "")
        try await site.open(
            (0..<subscriptions).map { index in
                SampleSubscription(
                    card: SavedCard(customerID: "cus_\(index)", methodID: "pm_\(index)"), gateway: gateway,
                    anchor: anchor, billFrom: "anchor")
            })
        let four = site
        let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<4 { group.addTask { try await four.program.run(four.passArguments(waiting: 20)).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == [0, 0, 0, 0])
        #expect(Set(minimal.charges).count == subscriptions)
        #expect(minimal.charges.count == subscriptions)
        // On its way a request may be overtaken, so that single seconds see a few more than were let go; two do not.
        #expect(Self.most(within: .seconds(1), server.requests) <= limit + max(1, limit / 5))
        #expect(Self.most(within: .seconds(2), server.requests) <= 2 * limit)
    }

    /// The most requests in any stretch of time of this length.
    private static func most(within time: TimeAmount, _ requests: [GatewayRequest]) -> Int {
        let arrivals = requests.map(\.arrivedAt).sorted()
        return arrivals.indices.map { start in
            arrivals[start...].prefix { $0 - arrivals[start] < time }.count
        }.max() ?? 0
    }
}
