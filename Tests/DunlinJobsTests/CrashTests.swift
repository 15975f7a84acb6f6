import DunlinCalendar
import Synchronization
import Testing

/// Every scenario, disturbed at each of its steps in turn, must end as if nothing had happened: one success at the
/// gateway where the card is good, the ledger says the same, every promise holds, and a further pass sends nothing.
@Suite struct CrashTests {
    /// Steps that begin every pass. To be cut off there after the first pass is to be cut off before the step that
    /// ended the pass before.
    private static let preamble: Set<String> = ["rescue", "note-clock", "plan-parked", "plan-changed", "plan"]

    /// The cuts that leave different states behind. A request is preceded by a step of its own.
    private static func cuts(_ steps: [String]) -> [Int] {
        steps.indices.filter { index in
            index < 10 || !(preamble.contains(steps[index]) || steps[index].hasPrefix("POST"))
        }
    }

    /// A request whose answer is lost with the process is the cut before the transaction that would have stored it.
    @Test(arguments: Scenario.all)
    func aRunThatIsCutOffAnywhereEndsAsIfItHadNot(_ scenario: Scenario) async throws {
        let (steps, _, problems) = try await scenario.run()
        #expect(problems == [], "not cut off")
        for cut in Self.cuts(steps) {
            let (_, _, problems) = try await scenario.run(cuts: [cut])
            #expect(problems == [], "cut off before step \(cut), \(steps[cut])")
        }
    }

    /// Crashes come in rows: about every eighth step is the last one of its process.
    @Test(arguments: Scenario.all)
    func aRunThatIsCutOffAgainAndAgainEndsAsIfItHadNot(_ scenario: Scenario) async throws {
        for seed in UInt64(1)...3 {
            let (_, _, problems) = try await scenario.run { stage in
                stage.fuse.cut { step in
                    var generator = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(step))
                    return step < 200 && Int.random(in: 0..<8, using: &generator) == 0
                }
            }
            #expect(problems == [], "seed \(seed)")
        }
    }

    private static let faults: [WireFault] = [
        .lostAfter, .lostBefore, .answer(500, body: "{}", afterEffect: true), .notSent,
        .answer(502, body: "<html>bad gateway</html>", afterEffect: true), .answer(503, body: ""),
        .answer(429, body: #"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#),
        .answer(200, body: #"{"id":"pi_"#, afterEffect: true),
    ]

    /// Each request of each scenario meets a fault, another one each; the run itself goes on.
    @Test(arguments: Scenario.all)
    func aRequestThatFailsInAnyWayChangesNothingInTheEnd(_ scenario: Scenario) async throws {
        let requests = try await scenario.run().requests
        for place in 0..<min(requests, 14) {
            let fault = Self.faults[(place + scenario.name.utf8.count) % Self.faults.count]
            let (_, _, problems) = try await scenario.run { stage in
                stage.wire.also { request in request.place == place ? fault : nil }
            }
            #expect(problems == [], "request \(place): \(fault)")
        }
    }

    /// No write is answered the first time that it is sent, whatever it is.
    @Test(arguments: Scenario.all)
    func everyAnswerMayBeLostOnce(_ scenario: Scenario) async throws {
        for fault in [WireFault.lostAfter, .lostBefore] {
            let seen = Mutex<Set<String>>([])
            let (_, _, problems) = try await scenario.run { stage in
                stage.wire.also { request in
                    guard request.isWrite else { return nil }
                    let name = "\(request.path) \(request.idempotencyKey ?? "")"
                    return seen.withLock { $0.insert(name).inserted } ? fault : nil
                }
            }
            #expect(problems == [], "\(fault)")
        }
    }
}
