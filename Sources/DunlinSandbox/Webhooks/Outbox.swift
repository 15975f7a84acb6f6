/// What is still to be delivered, and what became of the rest.
struct Outbox {
    /// How many finished deliveries the log keeps.
    private static let logMax = 10_000

    /// One event on its way to one endpoint.
    final class Entry {
        let id: Int
        let event: Event
        let endpoint: WebhookEndpoint
        var attempt = 0
        var state = "pending"
        /// `t` and signature of the first try, for a gateway that signs only once.
        var firstSignature: String?
        var log: [(at: Int64, status: Int?)] = []

        init(id: Int, event: Event, endpoint: WebhookEndpoint) {
            self.id = id
            self.event = event
            self.endpoint = endpoint
        }
    }

    private let seed: UInt64
    /// What goes wrong with what is added from now on.
    var faults: WebhookFaults
    private var waiting = Schedule<Entry>()
    private var inFlight: [Int: Entry] = [:]
    private var lastID = 0
    private(set) var entries: [Entry] = []
    /// How many deliveries each fault struck.
    private(set) var strikes = WebhookStrikes()

    init(seed: UInt64, faults: WebhookFaults) {
        self.seed = seed
        self.faults = faults
    }

    var nextDue: Int64? { waiting.nextDue }
    var waitingCount: Int { waiting.count + inFlight.count }

    mutating func add(_ event: Event, to endpoint: WebhookEndpoint, now: Int64) {
        let entry = append(event, endpoint)
        let draw = Mix.word(seed, (event.id + endpoint.id).utf8)
        if isStruck(draw, 1, faults.lost) {
            entry.state = "lost"
            strikes.lost += 1
            return
        }
        var due = now
        if isStruck(draw, 2, faults.late) {
            due += 3_600_000 + Int64(Mix.word(draw) % 18_000_000)
            strikes.late += 1
        }
        if isStruck(draw, 3, faults.reordered) {
            due += Int64(Mix.word(draw) % 30_000)
            strikes.reordered += 1
        }
        waiting.add(entry, due: due)
        if isStruck(draw, 4, faults.doubled) {
            waiting.add(append(event, endpoint), due: due + Int64(Mix.word(draw) % 10_000))
            strikes.doubled += 1
        }
    }

    /// Sends an event once more to every endpoint given, whatever came before.
    mutating func redeliver(_ event: Event, to endpoints: [WebhookEndpoint], now: Int64) {
        for endpoint in endpoints { waiting.add(append(event, endpoint), due: now) }
    }

    /// Takes out what is due; each must be reported by `finish`.
    mutating func take(dueBy now: Int64) -> [(entry: Entry, due: Int64)] {
        var taken: [(entry: Entry, due: Int64)] = []
        while let (due, entry) = waiting.take(dueBy: now) {
            guard entry.endpoint.isEnabled else {
                entry.state = "disabled"
                continue
            }
            entry.attempt += 1
            entry.state = "sending"
            inFlight[entry.id] = entry
            taken.append((entry, due))
        }
        return taken
    }

    /// Notes how a try ended.
    ///
    /// - Parameter status: of the answer; nil where none came.
    mutating func finish(_ id: Int, status: Int?, now: Int64) {
        guard let entry = inFlight.removeValue(forKey: id) else { return }
        entry.log.append((now, status))
        if let status, (200..<300).contains(status) {
            entry.state = "delivered"
            entry.event.pendingWebhooks = max(0, entry.event.pendingWebhooks - 1)
            return
        }
        let gap = RetryRule.gap(
            after: entry.attempt, dialect: entry.event.dialect, livemode: entry.event.livemode)
        guard let gap else {
            entry.state = "failed"
            return
        }
        entry.state = "pending"
        waiting.add(entry, due: now + gap)
    }

    /// Forgets the finished deliveries of events that were made before an instant.
    mutating func prune(before instant: Int64) {
        entries.removeAll { $0.event.created < instant && $0.state != "pending" && $0.state != "sending" }
    }

    private func isStruck(_ draw: UInt64, _ kind: UInt64, _ share: UInt64) -> Bool {
        share > 0 && Mix.word(draw ^ Mix.word(kind)) % 1_000_000 < share
    }

    private mutating func append(_ event: Event, _ endpoint: WebhookEndpoint) -> Entry {
        lastID += 1
        let entry = Entry(id: lastID, event: event, endpoint: endpoint)
        entries.append(entry)
        if entries.count > Self.logMax * 2 { entries.removeFirst(Self.logMax) }
        return entry
    }
}
