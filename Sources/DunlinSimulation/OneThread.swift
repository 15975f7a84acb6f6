import Foundation

/// Runs tasks one at a time, in the order in which they became ready, on a thread of its own.
///
/// With a database in memory and a gateway in the process nothing ever waits for another thread, so that a whole run
/// is a function of its seed.
public final class OneThread: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var ready: [UnownedJob] = []
    private var head = 0
    private var isOver = false

    public init() {
        let thread = Thread { [self] in work() }
        thread.name = "dunlin-simulation"
        thread.stackSize = 8 << 20
        thread.start()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        ready.append(job)
        condition.signal()
        condition.unlock()
    }

    /// Lets the thread end once nothing is ready. Every task on it must have ended before.
    public func end() {
        condition.lock()
        isOver = true
        condition.signal()
        condition.unlock()
    }

    private func work() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        condition.lock()
        defer { condition.unlock() }
        while head == ready.count {
            if isOver { return nil }
            condition.wait()
        }
        let job = ready[head]
        head += 1
        if head == ready.count || head > 1024 {
            ready.removeFirst(head)
            head = 0
        }
        return job
    }
}
