public import DunlinJobs

/// Looks for the shortest run that still shows a violation: first by its number of steps, then without each kind of
/// fault in turn.
public struct Shrinking: Sendable {
    /// What is left of a run that fails.
    public struct Shrunk: Sendable {
        public var result: SimulatorResult
        /// The steps after which the run was cut off, or its faults ended.
        public var steps: Int
        /// Left out, besides what was left out before.
        public var without: Set<FaultKind>
        public var runs: Int
    }

    let options: SimulatorOptions
    let rules: BillingRules
    let runsMax: Int

    /// - Parameter runsMax: gives up looking for a shorter one after so many runs.
    public init(_ options: SimulatorOptions, rules: BillingRules, runsMax: Int = 40) {
        self.options = options
        self.rules = rules
        self.runsMax = runsMax
    }

    /// - Parameter failed: the run that is to be shortened; it has a violation.
    public func shrink(_ failed: SimulatorResult) async throws -> Shrunk {
        guard let violation = failed.violation else {
            return Shrunk(result: failed, steps: failed.coverage.steps, without: [], runs: 0)
        }
        var search = Search(
            best: Shrunk(result: failed, steps: violation.step, without: [], runs: 0),
            rests: violation.judge == "rest")
        try await bisect(&search)
        for kind in FaultKind.allCases where failed.kinds.contains(kind) && search.best.runs < runsMax {
            try await attempt(&search, steps: search.best.steps, without: search.best.without.union([kind]))
        }
        try await bisect(&search)
        return search.best
    }

    private struct Search {
        var best: Shrunk
        /// What is left at the end is wrong, so that each run has to come to its rest.
        let rests: Bool
    }

    private func bisect(_ search: inout Search) async throws {
        var passing = 0
        while search.best.steps - passing > max(1, search.best.steps / 200), search.best.runs < runsMax {
            let middle = (passing + search.best.steps) / 2
            if try await !attempt(&search, steps: middle, without: search.best.without) { passing = middle }
        }
    }

    /// - Returns: true when it still fails; then it is the best so far.
    @discardableResult
    private func attempt(_ search: inout Search, steps: Int, without: Set<FaultKind>) async throws -> Bool {
        var shorter = options
        shorter.stepsMax = max(1, steps)
        shorter.restsAfterStepsMax = search.rests
        shorter.without = options.without.union(without)
        let result = try await Simulator(shorter, rules: rules).run()
        search.best.runs += 1
        guard result.violation?.rule == search.best.result.violation?.rule else { return false }
        search.best = Shrunk(result: result, steps: shorter.stepsMax ?? steps, without: without, runs: search.best.runs)
        return true
    }
}
