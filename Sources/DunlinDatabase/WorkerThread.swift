import Foundation

/// A thread of our own for blocking work, so that no disk wait holds up the cooperative pool.
final class WorkerThread: @unchecked Sendable {
    private let condition = NSCondition()
    private var hasEnded = false

    init(name: String, work: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            work()
            condition.lock()
            hasEnded = true
            condition.broadcast()
            condition.unlock()
        }
        thread.name = name
        thread.start()
    }

    /// Waits until the work has ended.
    func join() {
        condition.lock()
        while !hasEnded { condition.wait() }
        condition.unlock()
    }
}
