import DunlinCalendar
import DunlinCore
import Synchronization
import Testing

@testable import DunlinGateways

@Suite struct ReadRetryTests {
    private let intent = ScriptedServer.Step.answer(200, body: Sample.stripeIntent(status: "succeeded"))
    private let limited = ["Stripe-Rate-Limited-Reason": "endpoint-rate"]

    private func retrieve(
        _ script: [ScriptedServer.Step]
    ) async throws -> (reply: GatewayReply<IntentSnapshot>, sent: Int, waits: [Int64]) {
        try await Harness.run(.stripe, script) { gateway, harness in
            let reply = await gateway.retrieve("pi_1")
            #expect(reply.exchanges.count == harness.server.requests.count)
            let gates = harness.gates.withLock { $0 }
            #expect(gates == Array(repeating: "GET /v1/payment_intents/{id}", count: harness.server.requests.count))
            return (reply, harness.server.requests.count, harness.waits.withLock { $0 })
        }
    }

    @Test func aReadIsRepeatedAfterEachKindOfFault() async throws {
        for fault in [
            ScriptedServer.Step.answer(500), .answer(409, body: "{}"), .close, .reset,
            .answer(200, headers: ["Content-Type": "text/html"], body: "<html>"), .answer(429, headers: limited),
            .answer(429, body: #"{"error":{"code":"lock_timeout"}}"#),
        ] {
            let (reply, sent, waits) = try await retrieve([fault, intent])
            #expect(reply.verdict == "value pi_1 succeeded")
            #expect(sent == 2 && waits == [250])
        }
    }

    @Test func aReadIsTriedThreeTimesAndThenGivenUp() async throws {
        let (reply, sent, waits) = try await retrieve([.answer(500), .close, .answer(503), intent])
        #expect(reply.verdict == "unknown")
        #expect(sent == 3 && waits == [250, 500])
        #expect(reply.exchanges.map(\.httpStatus) == [500, nil, 503])
        #expect(reply.exchanges.allSatisfy { $0.fault != nil })
    }

    @Test func aRefusalIsNotRepeated() async throws {
        let (reply, sent, _) = try await retrieve([.answer(404, body: "{}"), intent])
        #expect(reply.verdict == "refused not_found 404 -")
        #expect(sent == 1)
    }

    @Test func theGatewaysWordOnRetryingIsObeyed() async throws {
        let no = try await retrieve([.answer(500, headers: ["Stripe-Should-Retry": "false"]), intent])
        #expect(no.reply.verdict == "unknown" && no.sent == 1)
        let yes = try await retrieve([.answer(400, headers: ["Stripe-Should-Retry": "true"], body: "{}"), intent])
        #expect(yes.reply.verdict == "value pi_1 succeeded" && yes.sent == 2)
    }

    @Test func aShortRetryAfterIsWaitedForAndALongOneIsHandedOn() async throws {
        let short = try await retrieve([.answer(429, headers: limited.merging(["Retry-After": "3"]) { $1 }), intent])
        #expect(short.reply.verdict == "value pi_1 succeeded" && short.waits == [3000])
        let long = try await retrieve([.answer(429, headers: limited.merging(["Retry-After": "30"]) { $1 }), intent])
        #expect(long.reply.verdict == "throttled rate 30" && long.sent == 1 && long.waits.isEmpty)
        let maintenance = try await retrieve([.answer(503, headers: ["Retry-After": "2"]), intent])
        #expect(maintenance.reply.verdict == "value pi_1 succeeded" && maintenance.waits == [2000])
    }

    @Test func theWaitIsSpreadByChance() async throws {
        let waits = Mutex<[Int64]>([])
        for bits in [UInt64(0), 125, 250, .max] {
            let environment = GatewayEnvironment(
                transport: DeadTransport(), now: { Harness.start },
                sleep: { wait in waits.withLock { $0.append(wait) } },
                randomBits: { bits })
            let gateway = try Harness.settings(.stripe, baseURL: nil).gateway(environment: environment)
            #expect(await gateway.retrieve("pi_1").verdict == "not sent")
        }
        for (first, second) in waits.withLock({ all in stride(from: 0, to: 8, by: 2).map { (all[$0], all[$0 + 1]) } }) {
            #expect((250...500).contains(first) && (500...1000).contains(second))
        }
        #expect(Set(waits.withLock { $0 }).count > 4)
    }

    @Test func workThatWasCanceledDoesNotWaitForAnotherTry() async throws {
        let environment = GatewayEnvironment(
            transport: DeadTransport(), now: { Harness.start }, sleep: { _ in throw CancellationError() },
            randomBits: { 0 })
        let gateway = try Harness.settings(.stripe, baseURL: nil).gateway(environment: environment)
        let reply = await gateway.retrieve("pi_1")
        #expect(reply.verdict == "not sent" && reply.exchanges.count == 1)
    }

    @Test func aPostIsNeverRepeatedWhateverComes() async throws {
        let request = try Sample.request()
        for kind in GatewayKind.allCases {
            for fault in [
                ScriptedServer.Step.answer(500, headers: ["Stripe-Should-Retry": "true"]), .close, .reset,
                .answer(429, headers: ["Retry-After": "0", "Stripe-Rate-Limited-Reason": "endpoint-rate"]),
                .answer(409, body: "{}"), .answer(307, headers: ["Location": "/"]),
            ] {
                try await Harness.run(kind, [fault, .answer(200, body: "{}")]) { gateway, harness in
                    _ = await gateway.confirm("pi_1", request: request, idempotencyKey: "k", deadline: .none)
                    #expect(harness.server.requests.count == 1)
                    #expect(harness.waits.withLock { $0.isEmpty } && harness.gates.withLock { $0.isEmpty })
                }
            }
        }
    }

    @Test func aPostAfterItsDeadlineIsNotSent() async throws {
        let request = try Sample.request()
        for kind in GatewayKind.allCases {
            try await Harness.run(kind, []) { gateway, harness in
                let reply = await gateway.confirm(
                    "pi_1", request: request, idempotencyKey: "k", deadline: SendDeadline { true })
                #expect(reply.verdict == "not sent")
                #expect(reply.exchanges.first?.fault == "not sent: the send deadline had passed")
                #expect(harness.server.requests.isEmpty)
            }
        }
    }
}

/// A network on which nothing connects.
struct DeadTransport: Transport {
    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse { throw .notSent("no route") }
}
