/// Answers by idempotency key, as Stripe documents them: the first answer of a key is kept once execution began,
/// failures too, and given again for a day (docs.stripe.com/api/idempotent_requests).
struct IdempotencyTable {
    enum Finding {
        case new
        case inUse
        /// Other parameters or another endpoint.
        case mismatch
        case replay(SandboxResponse, firstRequestID: String)
    }

    private struct Entry {
        let fingerprint: UInt64
        let answer: SandboxResponse
        let requestID: String
        let storedAt: Int64
        /// Until then the first request is still being answered.
        let busyUntil: Int64
    }

    private static let keptMilliseconds: Int64 = 86_400_000

    private var entries: [String: Entry] = [:]

    var count: Int { entries.count }

    func find(_ key: String, fingerprint: UInt64, now: Int64) -> Finding {
        guard let entry = entries[key], now - entry.storedAt <= Self.keptMilliseconds else { return .new }
        guard entry.fingerprint == fingerprint else { return .mismatch }
        return now < entry.busyUntil ? .inUse : .replay(entry.answer, firstRequestID: entry.requestID)
    }

    mutating func store(
        _ key: String, fingerprint: UInt64, answer: SandboxResponse, requestID: String, now: Int64, busyUntil: Int64
    ) {
        entries[key] = Entry(
            fingerprint: fingerprint, answer: answer, requestID: requestID, storedAt: now, busyUntil: busyUntil)
    }

    mutating func prune(now: Int64) {
        entries = entries.filter { now - $0.value.storedAt <= Self.keptMilliseconds }
    }

    /// A number for method, path and parameters in which the order of form parameters does not count.
    static func fingerprint(of request: SandboxRequest) -> UInt64 {
        let target = Mix.hash((request.method + " " + request.path).utf8)
        guard request.body.first != UInt8(ascii: "{") else { return Mix.word(target) ^ Mix.hash(request.body) }
        return FormDecoding.pairs(of: request.body).reduce(Mix.word(target)) { sum, pair in
            sum &+ Mix.word(Mix.hash(pair))
        }
    }
}
