import Foundation

/// A bounded queue between callers and the threads that work for them.
final class WorkQueue<Item: Sendable>: @unchecked Sendable {
    enum Acceptance {
        case accepted(idleWorkers: Int)
        case full, closed
    }

    private let condition = NSCondition()
    private let capacity: Int
    private var items: [Item] = []
    private var waitingWorkers = 0
    private var isClosed = false

    init(capacity: Int) { self.capacity = capacity }

    var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return items.count
    }

    func put(_ item: Item) -> Acceptance {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { return .closed }
        guard items.count < capacity else { return .full }
        items.append(item)
        condition.signal()
        return .accepted(idleWorkers: max(0, waitingWorkers - items.count + 1))
    }

    /// Waits for work and takes up to `limit` items of it; nil once the queue is closed and empty.
    func take(limit: Int) -> [Item]? {
        condition.lock()
        defer { condition.unlock() }
        waitingWorkers += 1
        while items.isEmpty, !isClosed { condition.wait() }
        waitingWorkers -= 1
        guard !items.isEmpty else { return nil }
        let taken = Array(items.prefix(limit))
        items.removeFirst(taken.count)
        return taken
    }

    /// Accepts nothing more; what waits is still worked off.
    func close() {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.broadcast()
    }
}
