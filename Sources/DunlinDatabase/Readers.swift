import Foundation
import Synchronization

/// The threads and connections that read: opened when the first reads come, at most `readersMax`.
///
/// Each read sees the snapshot its transaction began with; in the write-ahead log neither side waits for the other.
final class Readers: Sendable {
    typealias Read = @Sendable (Result<Connection, any Error>) -> Void
    typealias Opener = @Sendable () throws -> Connection

    private let queue: WorkQueue<Read>
    private let threads = Mutex<[WorkerThread]>([])
    private let readersMax: Int
    private let open: Opener

    init(pendingMax: Int, readersMax: Int, open: @escaping Opener) {
        queue = WorkQueue(capacity: pendingMax)
        self.readersMax = readersMax
        self.open = open
    }

    /// Hands `read` a connection on a thread that may block.
    func submit(_ read: @escaping Read) -> WorkQueue<Read>.Acceptance {
        let acceptance = queue.put(read)
        if case .accepted(idleWorkers: 0) = acceptance { startOneMore() }
        return acceptance
    }

    func close() { queue.close() }

    func join() { for thread in threads.withLock({ $0 }) { thread.join() } }

    private func startOneMore() {
        threads.withLock { threads in
            guard threads.count < readersMax else { return }
            threads.append(WorkerThread(name: "dunlin-reader") { [queue, open] in Self.work(queue, open) })
        }
    }

    private static func work(_ queue: WorkQueue<Read>, _ open: Opener) {
        var connection: Connection?
        while let reads = queue.take(limit: 1) {
            for read in reads {
                let current = Result { try connection ?? open() }
                if case .success(let opened) = current { connection = opened }
                read(current)
            }
        }
        connection?.close()
    }
}
