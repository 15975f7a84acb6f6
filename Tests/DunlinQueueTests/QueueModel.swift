import DunlinCalendar
import DunlinQueue

/// The queue's rules once more, as plainly as they can be said: a list in memory, searched from end to end.
struct QueueModel {
    struct Entry {
        let id: Int64
        let new: NewJob
        var runAt: Instant
        var againAt: Instant?
        var state = JobState.ready
        var runCount = 0
        /// The run before was: its worker went away.
        var wasCutOff = false
        var token: Int64 = 0
        var leaseUntil: Instant?
        var holder: ProcessIdentity?

        var isOpen: Bool { !state.isFinal }
        var isUsedUp: Bool { !new.neverDies && runCount >= new.runsMax }
    }

    private(set) var entries: [Entry] = []

    /// - Parameter id: the id that the table gave, should a job be added; ids may have gaps.
    mutating func enqueue(_ new: NewJob, id newID: Int64) -> Enqueued {
        guard let key = new.uniqueKey,
            let index = entries.firstIndex(where: { $0.new.uniqueKey == key && $0.isOpen })
        else {
            entries.append(Entry(id: newID, new: new, runAt: new.runAt))
            return .added(newID)
        }
        let id = entries[index].id
        if entries[index].state == .ready, new.runAt < entries[index].runAt {
            entries[index].runAt = new.runAt
            return .movedForward(id)
        }
        if entries[index].state == .running, new.whileRunning == .runAgain {
            entries[index].againAt = min(entries[index].againAt ?? new.runAt, new.runAt)
        }
        return .alreadyThere(id)
    }

    /// The ids in the order in which they are to run.
    mutating func claim(queue: String, limit: Int, holder: ProcessIdentity, until: Instant, now: Instant) -> [Int64] {
        var busy = Set(entries.filter { $0.state == .running }.compactMap(\.new.concurrencyKey))
        let due = entries.filter { $0.state == .ready && $0.new.queue == queue && $0.runAt <= now }
            .sorted { ($0.new.priority.rawValue, $0.runAt, $0.id) < ($1.new.priority.rawValue, $1.runAt, $1.id) }
        var claimed: [Int64] = []
        for entry in due where claimed.count < limit {
            if let key = entry.new.concurrencyKey, !busy.insert(key).inserted { continue }
            claimed.append(entry.id)
        }
        for id in claimed {
            change(id) { entry in
                entry.state = .running
                entry.runCount += 1
                entry.token += 1
                entry.leaseUntil = until
                entry.holder = holder
            }
        }
        return claimed
    }

    func holds(_ lease: Lease) -> Bool {
        entries.contains { $0.id == lease.jobID && $0.token == lease.token && $0.state == .running }
    }

    mutating func finish(_ lease: Lease) {
        change(lease.jobID) { entry in
            if let againAt = entry.againAt {
                entry.state = .ready
                entry.runAt = againAt
                entry.runCount = 0
            } else {
                entry.state = .done
            }
            entry.release()
        }
    }

    mutating func retry(_ lease: Lease, at: Instant) {
        change(lease.jobID) { entry in
            entry.state = entry.isUsedUp ? .dead : .ready
            entry.wasCutOff = false
            entry.runAt = min(entry.againAt ?? at, at)
            entry.release()
        }
    }

    mutating func snooze(_ lease: Lease, at: Instant) {
        change(lease.jobID) { entry in
            entry.state = .ready
            entry.runAt = min(entry.againAt ?? at, at)
            entry.runCount = entry.wasCutOff ? 0 : entry.runCount - 1
            entry.wasCutOff = false
            entry.release()
        }
    }

    mutating func giveBack(_ lease: Lease) {
        change(lease.jobID) { entry in
            entry.state = .ready
            entry.runCount -= 1
            entry.release()
        }
    }

    mutating func rescue(now: Instant, dead: ProcessIdentity?) -> Int {
        let gone = entries.filter { entry in
            entry.state == .running && (entry.leaseUntil.map { $0 <= now } == true || entry.holder == dead)
        }
        for entry in gone {
            change(entry.id) { entry in
                entry.state = entry.isUsedUp ? .dead : .ready
                entry.wasCutOff = true
                entry.release()
            }
        }
        return gone.count
    }

    private mutating func change(_ id: Int64, _ body: (inout Entry) -> Void) {
        for index in entries.indices where entries[index].id == id { body(&entries[index]) }
    }
}

extension QueueModel.Entry {
    fileprivate mutating func release() {
        againAt = nil
        leaseUntil = nil
        holder = nil
    }
}
