import DunlinCalendar
import Foundation

/// Runs tasks one at a time on a thread of its own, on a clock that moves when nobody has anything to do.
///
/// Tasks that are ready run in the order in which they became so. When none is, the earliest wait ends and the clock
/// stands at its end; waits that end at the same time end in the order that the seed drew. So whoever waits at every
/// step is interleaved with everybody else at every step, and a whole run is a function of its seed.
final class EventThread: TaskExecutor, @unchecked Sendable {
    private struct Wait {
        var due: Int64
        var order: UInt64
        var owner: Int
        var end: @Sendable () -> Void
    }

    private let condition = NSCondition()
    private var ready: [UnownedJob] = []
    private var head = 0
    private var waits: [Wait] = []
    private var time: Int64
    private var isOver = false

    init(startingAt start: Instant) {
        time = start.milliseconds
        let thread = Thread { [self] in work() }
        thread.name = "dunlin-simulator"
        thread.stackSize = 8 << 20
        thread.start()
    }

    var now: Instant {
        condition.lock()
        defer { condition.unlock() }
        return Instant(milliseconds: time)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        ready.append(job)
        condition.signal()
        condition.unlock()
    }

    /// Lets everybody else go first whose time comes before `due`.
    ///
    /// - Parameters:
    ///   - order: among waits that end at the same time.
    ///   - owner: whose waits `hasten` ends.
    func wait(until due: Instant, order: UInt64, owner: Int) async {
        await withCheckedContinuation { continuation in
            add(Wait(due: due.milliseconds, order: order, owner: owner) { continuation.resume() })
        }
    }

    /// Does something when its time has come, whatever becomes of whoever asked for it.
    func at(_ due: Instant, order: UInt64, _ body: @escaping @Sendable () -> Void) {
        add(Wait(due: due.milliseconds, order: order, owner: 0, end: body))
    }

    /// Ends all waits of an owner now: its process is gone.
    func hasten(owner: Int) {
        condition.lock()
        defer { condition.unlock() }
        var hastened = waits.filter { $0.owner == owner }
        guard !hastened.isEmpty else { return }
        for index in hastened.indices { hastened[index].due = time }
        let others = waits.filter { $0.owner != owner }
        waits = []
        for wait in others + hastened { push(wait) }
    }

    /// Lets the thread end once nothing is ready. Every task on it must have ended before.
    func end() {
        condition.lock()
        isOver = true
        condition.signal()
        condition.unlock()
    }

    // MARK: - Working

    private func work() {
        while true {
            switch next() {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .wait(let end): end()
            case .over: return
            }
        }
    }

    private enum Next {
        case job(UnownedJob)
        case wait(@Sendable () -> Void)
        case over
    }

    private func next() -> Next {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if head < ready.count { return .job(takeReady()) }
            if !waits.isEmpty {
                let first = pop()
                time = max(time, first.due)
                return .wait(first.end)
            }
            if isOver { return .over }
            condition.wait()
        }
    }

    private func takeReady() -> UnownedJob {
        let job = ready[head]
        head += 1
        if head == ready.count || head > 1024 {
            ready.removeFirst(head)
            head = 0
        }
        return job
    }

    // MARK: - Waits, earliest first

    private func add(_ wait: Wait) {
        condition.lock()
        push(wait)
        condition.signal()
        condition.unlock()
    }

    private func push(_ wait: Wait) {
        waits.append(wait)
        var child = waits.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(waits[child], waits[parent]) else { return }
            waits.swapAt(child, parent)
            child = parent
        }
    }

    private func pop() -> Wait {
        let first = waits[0]
        let last = waits.removeLast()
        guard !waits.isEmpty else { return first }
        waits[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < waits.count && Self.isBefore(waits[child], waits[least]) {
                least = child
            }
            if least == parent { return first }
            waits.swapAt(least, parent)
            parent = least
        }
    }

    private static func isBefore(_ left: Wait, _ right: Wait) -> Bool {
        (left.due, left.order) < (right.due, right.order)
    }
}
