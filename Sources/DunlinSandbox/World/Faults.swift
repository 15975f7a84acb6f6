/// Something that goes wrong with requests that match.
public struct FaultRule: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The answer comes late by `delayMilliseconds`.
        case latency
        /// No answer at all, without or after the effect.
        case silentBefore = "hang_before"
        case silentAfter = "hang_after"
        /// The connection is closed, without or after the effect.
        case dropBefore = "drop_before"
        case dropAfter = "drop_after"
        /// The connection is closed, and the request arrives `delayMilliseconds` later all the same.
        case dropEffectLater = "drop_effect_later"
        /// `status` (500 unless set), without the effect, after it, or with the effect `delayMilliseconds` later.
        case errorBefore = "error_before"
        case errorAfter = "error_after"
        case errorRolledForward = "error_rolled_forward"
        /// 429 by a limiter, before the idempotency layer.
        case rateLimited = "rate_limited"
        /// 429 because of an object lock.
        case lockTimeout = "lock_timeout"
        /// A page of HTML with status 502, without or after the effect.
        case htmlBefore = "html_before"
        case htmlAfter = "html_after"
        /// Half of the body, after the effect.
        case truncated
        /// One byte at a time, after the effect.
        case trickle
        /// The `Date` header is off by `skewSeconds`.
        case clockSkew = "clock_skew"
    }

    /// How often a rule strikes among the requests that match.
    public enum Frequency: Hashable, Sendable {
        case every
        /// Only the n-th match, counted from 1.
        case nth(Int)
        /// The first time that an operation (method, path, and key or else body) is seen.
        case firstOfEach
        /// This many in a million, drawn from the seed.
        case perMillion(UInt64)
    }

    public var kind: Kind
    /// nil matches all methods.
    public var method: String?
    /// A part of the path, or of the endpoint's name (`/v1/payment_intents/{id}/confirm`); nil matches all.
    public var path: String?
    public var frequency: Frequency
    /// How many times the rule strikes at most; nil for no limit.
    public var timesMax: Int?
    public var delayMilliseconds: Int64
    public var skewSeconds: Int64
    /// Of a 5xx.
    public var status: Int
    /// Sent with a 429.
    public var retryAfterSeconds: Int64?

    public init(
        _ kind: Kind, method: String? = nil, path: String? = nil, frequency: Frequency = .every, timesMax: Int? = nil,
        delayMilliseconds: Int64 = 0, skewSeconds: Int64 = 0, status: Int = 500, retryAfterSeconds: Int64? = nil
    ) {
        self.kind = kind
        self.method = method
        self.path = path
        self.frequency = frequency
        self.timesMax = timesMax
        self.delayMilliseconds = delayMilliseconds
        self.skewSeconds = skewSeconds
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension FaultRule {
    /// What to expect in the field: 0.5 % of answers lost after the effect, 0.2 % of 5xx, half of them after it.
    public static let usual = [
        FaultRule(.dropAfter, method: "POST", frequency: .perMillion(5000)),
        FaultRule(.errorAfter, method: "POST", frequency: .perMillion(1000)),
        FaultRule(.errorBefore, frequency: .perMillion(1000), status: 503),
    ]

    /// The failure that stands in for the effect and is kept for the key, as a 500 that comes from inside is.
    var failureInsteadOfEffect: SandboxFailure? {
        kind == .errorBefore || kind == .errorRolledForward ? .server(status) : nil
    }

    var failureAfterEffect: SandboxFailure? { kind == .errorAfter ? .server(status) : nil }

    /// The answer that is given before the idempotency layer is asked; nil where the fault strikes later.
    func answerBeforeEffect(
        dialect: SandboxDialect, failing: (SandboxFailure, SandboxDialect) -> SandboxResponse
    ) -> SandboxResponse? {
        switch kind {
        case .silentBefore: return SandboxResponse(status: 504, delivery: .silent)
        case .dropBefore, .dropEffectLater: return SandboxResponse(status: 502, delivery: .dropped)
        case .rateLimited:
            return failing(.limited(reason: "global-rate", retryAfterSeconds: retryAfterSeconds), dialect)
        case .lockTimeout: return failing(.lockTimeout, dialect)
        case .htmlBefore: return Self.page
        case .latency, .silentAfter, .dropAfter, .errorBefore, .errorAfter, .errorRolledForward, .htmlAfter,
            .truncated, .trickle, .clockSkew:
            return nil
        }
    }

    /// What becomes of the answer after the effect.
    func spoil(_ answer: SandboxResponse, now: Int64) -> SandboxResponse {
        var answer = answer
        switch kind {
        case .latency: answer.delayMilliseconds = delayMilliseconds
        case .silentAfter: answer.delivery = .silent
        case .dropAfter: answer.delivery = .dropped
        case .htmlAfter: return Self.page
        case .truncated: answer.delivery = .truncated(bytes: answer.body.count / 2)
        case .trickle: answer.delivery = .trickle(pauseMilliseconds: max(1, delayMilliseconds))
        case .clockSkew:
            answer.headers.removeAll { $0.name == "Date" }
            let date = CivilDate(milliseconds: now + skewSeconds * 1000).httpDate
            answer.headers.append(SandboxHeader("Date", date))
        case .silentBefore, .dropBefore, .dropEffectLater, .errorBefore, .errorAfter, .errorRolledForward, .rateLimited,
            .lockTimeout,
            .htmlBefore:
            break
        }
        return answer
    }

    private static let page = SandboxResponse(
        status: 502, headers: [SandboxHeader("Content-Type", "text/html; charset=utf-8")],
        body: Array("<!doctype html><title>502</title><h1>Bad gateway</h1><p>The server did not answer.</p>\n".utf8))
}

/// The rules in force and what they have counted.
struct FaultPlan {
    private struct Entry {
        let rule: FaultRule
        var matches = 0
        var strikes = 0
        var seen: Set<UInt64> = []
    }

    private var entries: [Entry]
    private let seed: UInt64

    init(rules: [FaultRule], seed: UInt64) {
        entries = rules.map { Entry(rule: $0) }
        self.seed = seed
    }

    var rules: [(rule: FaultRule, matches: Int, strikes: Int)] {
        entries.map { ($0.rule, $0.matches, $0.strikes) }
    }

    mutating func add(_ rule: FaultRule) { entries.append(Entry(rule: rule)) }
    mutating func removeAll() { entries = [] }

    /// The rule that strikes a request: the first in order that matches and is due.
    mutating func next(_ request: SandboxRequest, endpoint: String) -> FaultRule? {
        guard !entries.isEmpty else { return nil }
        for index in entries.indices where matches(entries[index].rule, request, endpoint: endpoint) {
            if let limit = entries[index].rule.timesMax, entries[index].strikes >= limit { continue }
            entries[index].matches += 1
            guard isDue(&entries[index], place: index, request) else { continue }
            entries[index].strikes += 1
            return entries[index].rule
        }
        return nil
    }

    private func matches(_ rule: FaultRule, _ request: SandboxRequest, endpoint: String) -> Bool {
        if let method = rule.method, method != request.method { return false }
        guard let path = rule.path else { return true }
        return request.path.contains(path) || endpoint.contains(path)
    }

    private func isDue(_ entry: inout Entry, place: Int, _ request: SandboxRequest) -> Bool {
        switch entry.rule.frequency {
        case .every: return true
        case .nth(let number): return entry.matches == number
        case .firstOfEach:
            let name = request.headers["idempotency-key"].map { Mix.hash($0.utf8) } ?? Mix.hash(request.body)
            let target = Mix.hash((request.method + request.path + "?" + request.query).utf8)
            return entry.seen.insert(Mix.word(name) ^ target).inserted
        case .perMillion(let share):
            return Mix.word(seed, "fault".utf8, UInt64(place) << 48 | UInt64(entry.matches)) % 1_000_000 < share
        }
    }
}
