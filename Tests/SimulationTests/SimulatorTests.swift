import DunlinCore
import DunlinDefaults
import DunlinJobs
import DunlinSimulation
import DunlinTesting
import Testing

/// The simulator itself: it replays exactly, it finds what is broken, and it says what it covered. Long runs are
/// `make simulate`.
struct SimulatorTests {
    private static func rules() throws -> BillingRules {
        BillingRules(declines: try DeclineTable(parsing: Defaults.declines))
    }

    private static func run(
        _ seed: UInt64, profile: FaultProfile = .swarm, subscriptions: Int = 8, days: Int64 = 12,
        change: (inout SimulatorOptions) -> Void = { _ in }, rules: BillingRules? = nil
    ) async throws -> SimulatorResult {
        let folder = try TemporaryFolder()
        var options = SimulatorOptions(seed: seed, folder: folder.path)
        options.subscriptions = subscriptions
        options.days = days
        options.profile = profile
        change(&options)
        let result = try await Simulator(options, rules: rules ?? Self.rules()).run()
        withExtendedLifetime(folder) {}
        return result
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func theSameSeedIsTheSameRunEventByEvent(_ seed: UInt64) async throws {
        let first = try await Self.run(seed)
        let second = try await Self.run(seed)
        #expect(first.hash == second.hash)
        #expect(first.log == second.log)
        #expect(first.coverage == second.coverage)
        #expect(first.coverage.steps > 100)
        #expect(try await Self.run(seed + 10).hash != first.hash)
    }

    @Test(arguments: FaultProfile.names)
    func noPromiseIsBrokenUnderAnyProfile(_ name: String) async throws {
        let profile = try #require(FaultProfile(name: name))
        let result = try await Self.run(7, profile: profile)
        #expect(result.violation == nil, "\(result.violation?.text ?? "") \(result.log.suffix(30))")
        #expect(result.coverage.successes > 0)
        if name == "none" { #expect(result.coverage.faults.isEmpty) }
    }

    @Test func withoutTheClockGuardAViolationIsFoundAndShortened() async throws {
        var rules = try Self.rules()
        rules.clockToleranceSeconds = 1_000_000_000
        var found: (seed: UInt64, result: SimulatorResult)?
        for seed in UInt64(1)...40 where found == nil {
            let result = try await Self.run(seed, profile: .group("processes"), rules: rules)
            if result.violation != nil { found = (seed, result) }
        }
        let (seed, result) = try #require(found)
        let violation = try #require(result.violation)
        let folder = try TemporaryFolder()
        var options = SimulatorOptions(seed: seed, folder: folder.path)
        (options.subscriptions, options.days, options.profile) = (8, 12, .group("processes"))
        let shrunk = try await Shrinking(options, rules: rules, runsMax: 6).shrink(result)
        #expect(shrunk.steps <= violation.step)
        #expect(shrunk.result.violation?.rule == violation.rule)
    }

    @Test func customersPayThroughLinksAndOperatorsDecideByHand() async throws {
        let result = try await Self.run(3, profile: .group("people"), subscriptions: 12, days: 20)
        #expect(result.violation == nil, "\(result.violation?.text ?? "") \(result.log.suffix(30))")
        let deeds = result.coverage.deeds
        #expect(deeds["link opened", default: 0] > 0, "\(deeds)")
        let decided = ["retry", "void", "mark-paid", "hold", "refund", "note", "pause", "cancel"]
        #expect(decided.count { deeds[$0, default: 0] > 0 } > 2, "\(deeds)")
        #expect(result.coverage.faults["pay_links", default: 0] > 0)
        #expect(result.coverage.faults["hand_verbs", default: 0] > 0)
    }

    /// Whatever is switched on strikes sooner or later, and is counted.
    @Test func theReportCountsTheFaultsOfEachKind() async throws {
        var coverage = SimulatorCoverage()
        for seed in UInt64(1)...4 { coverage.add(try await Self.run(seed, profile: .all, days: 40).coverage) }
        let silent = FaultKind.allCases.map(\.rawValue).filter { coverage.faults[$0, default: 0] == 0 }
        #expect(silent.isEmpty)
    }

    @Test func aRunThatIsCutOffTakesNoStepAfterIt() async throws {
        let result = try await Self.run(5) { $0.stepsMax = 150 }
        #expect(result.coverage.steps == 150)
        #expect(result.violation == nil)
        let rested = try await Self.run(5) {
            $0.stepsMax = 150
            $0.restsAfterStepsMax = true
        }
        #expect(rested.coverage.steps > 150)
        #expect(rested.violation == nil)
    }
}
