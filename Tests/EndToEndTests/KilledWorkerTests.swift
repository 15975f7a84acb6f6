import DunlinSandbox
import Foundation
import Testing

/// Where a worker is killed.
struct Cut: Sendable, CustomTestStringConvertible {
    enum Moment: String, Sendable, CaseIterable {
        /// The gateway has the request and never carries it out.
        case neverArrives
        /// The gateway carries it out after the worker is gone.
        case arrivesLate
        /// The gateway has carried it out, and the worker has no answer.
        case isUnanswered
        /// The answer is on its way to the worker.
        case isAnswered
    }

    let gateway: GatewayName
    let endpoint: String
    let moment: Moment
    let honoursKeys: Bool
    var isLate = false
    var isOneCall = false

    var testDescription: String {
        "\(gateway.rawValue) \(endpoint) \(moment.rawValue) keys: \(honoursKeys) late: \(isLate) one call: \(isOneCall)"
    }

    static let twoPhase: [Cut] = GatewayName.allCases.flatMap { gateway in
        [GatewayRequest.create, GatewayRequest.confirm].flatMap { endpoint in
            Moment.allCases.flatMap { moment in
                let all = [false, true].map {
                    Cut(gateway: gateway, endpoint: endpoint, moment: moment, honoursKeys: $0, isLate: $0)
                }
                // WooshPay documents no keys, so that nothing may depend on them.
                return gateway == .stripe ? all : [all[0]]
            }
        }
    }

    static let oneCall: [Cut] = Moment.allCases.map {
        Cut(gateway: .stripe, endpoint: GatewayRequest.create, moment: $0, honoursKeys: true, isOneCall: true)
    }
}

/// A worker is killed with SIGKILL around each request that it sends; whoever comes next charges nobody twice and
/// forgets nobody.
@Suite(.fewAtOnce) struct KilledWorkerTests {
    @Test(arguments: Cut.twoPhase + Cut.oneCall)
    func aWorkerKilledAroundARequestHasChargedOnceInTheEnd(cut: Cut) async throws {
        let stage = try await Stage(
            cut.gateway, isLate: cut.isLate,
            settings: cut.isOneCall ? ["DUNLIN_STRIPE_SENDING": "one_call"] : [:]
        ) { options in
            options.ignoresIdempotencyKeys = !cut.honoursKeys
        }
        let isBefore = cut.moment == .neverArrives || cut.moment == .arrivesLate
        let hold = stage.server.hold(isBefore ? .beforeEffect : .afterEffect, cut.endpoint)
        let worker = try stage.site.start()
        try await worker.waits(for: hold.reached)
        if cut.moment == .isAnswered { hold.letGo() }
        worker.kill()
        let ended = try await worker.end()
        // An answered worker may be faster than the signal.
        #expect(ended.status == -SIGKILL || (cut.moment == .isAnswered && ended.status == 0))
        if cut.moment == .arrivesLate { hold.letGo() }
        let seconds = try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(2)
        let requests = stage.server.requests.count
        try await stage.site.pass(after: seconds + 60)
        #expect(stage.server.requests.count == requests, "a pass without work sends nothing")
    }

    /// The slowest race: the dead worker's request is carried out while its successor sends the same one.
    @Test(arguments: [GatewayRequest.create, GatewayRequest.confirm], [GatewayName.stripe, .wooshpay])
    func aRequestOfADeadWorkerThatArrivesDuringItsSuccessorsChangesNothing(
        endpoint: String, gateway: GatewayName
    ) async throws {
        let stage = try await Stage(gateway, cards: ["pm_card_visa"]) { $0.ignoresIdempotencyKeys = true }
        let first = stage.server.hold(.beforeEffect, endpoint)
        let killed = try stage.site.start()
        try await killed.waits(for: first.reached)
        killed.kill()
        try await killed.end()
        let second = stage.server.hold(.beforeEffect, endpoint)
        let successor = try stage.site.start(after: 600)
        try await successor.waits(for: second.reached)
        first.letGo()
        second.letGo()
        #expect(try await successor.end().status == 0)
        try await stage.site.settle(from: 1_200)
        try await stage.expectsEachCollectedOnce(1)
        #expect(stage.audit.successes == 1)
    }

    @Test(arguments: [GatewayName.stripe, .wooshpay], [true, false])
    func withTheReplyToEachRequestLostOnceEverybodyIsChargedOnce(
        gateway: GatewayName, honoursKeys: Bool
    ) async throws {
        let stage = try await Stage(gateway, cards: Array(repeating: "pm_card_visa", count: 3)) { options in
            options.ignoresIdempotencyKeys = !honoursKeys
            options.faults = [FaultRule(.dropAfter, method: "POST", path: "payment_intents", frequency: .firstOfEach)]
        }
        try await stage.site.pass()
        #expect(try await stage.site.list("attempts", "--state", "unknown").count == 3)
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(3)
    }

    /// Kills at moments that nobody chose, again and again, and then one pass that is left alone.
    @Test func aWorkerKilledOverAndOverChargesEverybodyOnce() async throws {
        let stage = try await Stage(cards: Array(repeating: "pm_card_visa", count: 24)) {
            $0.ignoresIdempotencyKeys = true
        }
        var seconds = 0
        for round in 1...6 {
            let hold = stage.server.hold(round.isMultiple(of: 2) ? .beforeEffect : .afterEffect, "*", nth: round * 4)
            let worker = try stage.site.start(after: seconds)
            _ = try? await worker.waits(for: hold.reached)
            worker.kill()
            try await worker.end()
            hold.letGo()
            seconds += 400
        }
        stage.server.endTroubles()
        try await stage.site.settle(from: seconds)
        try await stage.expectsEachCollectedOnce(24)
    }
}
