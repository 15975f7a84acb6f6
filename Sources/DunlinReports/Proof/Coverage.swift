import DunlinCalendar
import DunlinCore

/// The records of one subscription, held against its calendar: no overlap, no gap, and the next boundary where the
/// schedule has it. Pure.
struct Coverage {
    /// An invoice or a decision.
    struct Span: Hashable, Sendable {
        var start: LocalDate
        var end: LocalDate
        /// Nil for a decision.
        var invoiceID: Int64?
        /// A void invoice is a record, but frees its days for another one.
        var isVoid = false
        /// Money was collected and not given back.
        var isCollected = false
    }

    /// What is remembered of the subscription.
    struct State: Hashable, Sendable {
        var word: String
        var hold: String?
        var nextPeriodStart: LocalDate?
        var nextBoundaryAt: Instant?
        var billedThrough: LocalDate?
        var scheduleHash: String
        var timeZoneData: String
        /// It was changed since it was last planned, and the next pass looks at it first.
        var isChanged: Bool
        var carriesOver: Bool
    }

    struct Problem: Hashable, Sendable {
        var promise: PromiseID
        var rule: String
        var sentence: String
        var invoiceIDs: [Int64] = []
    }

    /// In the order of their starts.
    var spans: [Span]
    /// Nil when the row cannot be read; then only the records are judged.
    var terms: SubscriptionTerms?
    var state: State
    /// Up to when every boundary must have a record; nil when no pass is known.
    var plannedThrough: Instant?

    var problems: [Problem] { overlaps + gaps + boundaryProblems + scheduleProblems }

    private var overlaps: [Problem] {
        var found: [Problem] = []
        var furthest: Span?
        var furthestCollected: Span?
        for span in spans {
            if !span.isVoid {
                if let furthest, span.start < furthest.end {
                    found.append(Self.overlap("overlapping_periods", "two billed periods overlap", furthest, span))
                }
                if span.end > furthest?.end ?? .min { furthest = span }
            }
            if span.isCollected {
                if let furthestCollected, span.start < furthestCollected.end {
                    found.append(
                        Self.overlap("period_collected_twice", "a period was collected twice", furthestCollected, span))
                }
                if span.end > furthestCollected?.end ?? .min { furthestCollected = span }
            }
        }
        return found
    }

    private static func overlap(_ rule: String, _ sentence: String, _ first: Span, _ second: Span) -> Problem {
        Problem(
            promise: .p1, rule: rule, sentence: "\(sentence) from \(second.start)",
            invoiceIDs: [first.invoiceID, second.invoiceID].compactMap { $0 })
    }

    private var gaps: [Problem] {
        var found: [Problem] = []
        var through: LocalDate?
        for span in spans {
            if let through, span.start > through {
                found.append(
                    Problem(
                        promise: .p2, rule: "gap", sentence: "no record covers \(through) to \(span.start)",
                        invoiceIDs: [span.invoiceID].compactMap { $0 }))
            }
            through = max(through ?? .min, span.end)
        }
        if let problem = billedThroughProblem(recordedThrough: through) { found.append(problem) }
        return found
    }

    private func billedThroughProblem(recordedThrough: LocalDate?) -> Problem? {
        // A subscription that replaces another one begins where that one ended, before it has a record of its own.
        if recordedThrough == nil, state.billedThrough == nil || state.carriesOver { return nil }
        guard recordedThrough != state.billedThrough else { return nil }
        let recorded = recordedThrough.map(\.description) ?? "nowhere"
        let remembered = state.billedThrough.map(\.description) ?? "nothing"
        return Problem(
            promise: .p2, rule: "billed_through",
            sentence: "records reach to \(recorded), but the subscription is noted as billed through \(remembered)")
    }

    private var boundaryProblems: [Problem] {
        guard state.word != "parked", let plannedThrough, let next = state.nextBoundaryAt, next <= plannedThrough
        else { return [] }
        return [
            Problem(
                promise: .p2, rule: "boundary_without_record",
                sentence: "the boundary of \(next.rfc3339Seconds) has come and has no record")
        ]
    }

    /// A changed schedule takes over in the next pass, so it is not held against what the old one left.
    private var scheduleProblems: [Problem] {
        guard let terms, state.word != "parked", !state.isChanged, terms.scheduleHash == state.scheduleHash else {
            return []
        }
        guard let start = state.nextPeriodStart else { return endlessProblem(terms) }
        if let billedThrough = state.billedThrough, start != billedThrough {
            return [Self.next("the next period starts on \(start), but everything is billed through \(billedThrough)")]
        }
        guard let index = terms.schedule.index(startingOn: start), let boundary = terms.schedule.boundary(index) else {
            return [Self.next("the next period starts on \(start), which is no boundary of the schedule")]
        }
        // A pause that moves the schedule: nothing comes due before it ends.
        if ["paused", "unpaid"].contains(state.word), state.nextBoundaryAt == nil { return [] }
        // Other zone data may move the instant; the next pass works it out again.
        guard state.timeZoneData == Zone.dataVersion, boundary.instant != state.nextBoundaryAt else { return [] }
        return [Self.next("the boundary of \(start) is at \(boundary.instant.rfc3339Seconds), noted is another time")]
    }

    /// An active subscription with periods to come must have a next one.
    private func endlessProblem(_ terms: SubscriptionTerms) -> [Problem] {
        let ends = ["canceled", "ended"].contains(state.word) || state.hold == "cancel"
        guard !ends, terms.wish != .canceled, !terms.cancelsAtPeriodEnd, let through = state.billedThrough,
            terms.schedule.firstIndex(onOrAfter: through) != nil
        else { return [] }
        return [Self.next("the schedule goes on after \(through), but no next period is noted")]
    }

    private static func next(_ sentence: String) -> Problem {
        Problem(promise: .p2, rule: "next_boundary", sentence: sentence)
    }
}
