import Foundation

/// Holds a thread back until a test opens the gate.
public final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var isOpen = false
    private var hasArrival = false

    public init() {}

    /// Waits until the gate is open; for code that may block its thread.
    public func pass() {
        condition.lock()
        hasArrival = true
        while !isOpen { condition.wait() }
        condition.unlock()
    }

    public func open() {
        condition.lock()
        isOpen = true
        condition.broadcast()
        condition.unlock()
    }

    /// True once somebody has come to the gate.
    public var wasReached: Bool {
        condition.lock()
        defer { condition.unlock() }
        return hasArrival
    }
}

/// Lets other tasks run until `condition` holds; the test run's own limit ends a wait for what never comes.
public func eventually(_ condition: @Sendable () -> Bool) async {
    while !condition() { await Task.yield() }
}
