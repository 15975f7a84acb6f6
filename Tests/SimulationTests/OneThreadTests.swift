import DunlinSimulation
import Foundation
import Synchronization
import Testing

struct OneThreadTests {
    @Test func tasksThatRunAtOnceTakeTurnsInTheSameOrderEveryTime() async {
        var orders: [[Int]] = []
        for _ in 0..<5 {
            let order = Log()
            let thread = OneThread()
            await withTaskExecutorPreference(thread) {
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            for round in 0..<3 {
                                order.add(round * 100 + number)
                                await Task.yield()
                            }
                        }
                    }
                }
            }
            thread.end()
            orders.append(order.entries)
        }
        #expect(Set(orders).count == 1)
        #expect(orders[0].count == 60)
    }

    private final class Log: Sendable {
        private let numbers = Mutex<[Int]>([])
        var entries: [Int] { numbers.withLock { $0 } }
        func add(_ number: Int) { numbers.withLock { $0.append(number) } }
    }
}
