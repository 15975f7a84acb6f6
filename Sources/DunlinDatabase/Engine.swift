import Foundation

/// How closures come to the connections: over threads, or on the spot.
protocol Engine: Sendable {
    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T
    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T
    func shutDown(waits: Bool)
    var waitingWrites: Int { get }
}

func makeEngine(
    _ opened: Opening.Opened, options: DatabaseOptions, counters: CounterBoard, health: Health
) throws -> any Engine {
    let writer = Writer(
        connection: opened.connection, options: options, counters: counters, health: health,
        open: opened.reopenForWriting)
    if options.mode == .inline || options.location == .memory {
        return InlineEngine(writer: writer, openReader: opened.openForReading, counters: counters)
    }
    return ThreadedEngine(writer: writer, openReader: opened.openForReading, options: options, counters: counters)
}

/// One thread writes, a few read.
final class ThreadedEngine: Engine {
    private let writes: WorkQueue<PendingWrite>
    private let writerThread: WorkerThread
    private let readers: Readers
    private let counters: CounterBoard

    init(
        writer: Writer, openReader: (@Sendable () throws -> Connection)?, options: DatabaseOptions,
        counters: CounterBoard
    ) {
        let writes = WorkQueue<PendingWrite>(capacity: options.pendingMax)
        self.writes = writes
        self.counters = counters
        readers = Readers(pendingMax: options.pendingMax, readersMax: options.readersMax) {
            guard let openReader else { throw DatabaseError(.cannotOpen, "this database has no readers") }
            return try openReader()
        }
        let batchMax = options.batchMax
        writerThread = WorkerThread(name: "dunlin-writer") {
            while let batch = writes.take(limit: batchMax) { writer.run(batch) }
            writer.close()
        }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        let box = ResultBox<T>()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let write = PendingWrite(run: { tx in box.set(try body(tx)) }, finish: { continuation.resume(with: $0) })
            if let refusal = writes.put(write).refusal { continuation.resume(throwing: refusal) }
        }
        return try box.get()
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let acceptance = readers.submit { [counters] connection in
                continuation.resume(with: Result { try connection.get().reading(body, counters) })
            }
            if let refusal = acceptance.refusal { continuation.resume(throwing: refusal) }
        }
    }

    var waitingWrites: Int { writes.count }

    func shutDown(waits: Bool) {
        readers.close()
        // The writer ends last, so that the file's log is folded in by the connection that may do it.
        if waits { readers.join() }
        writes.close()
        if waits { writerThread.join() }
    }
}

/// Everything on the calling thread, one closure at a time and one per commit.
final class InlineEngine: Engine, @unchecked Sendable {
    private let lock = NSLock()
    private let writer: Writer
    private let openReader: (@Sendable () throws -> Connection)?
    private let counters: CounterBoard
    private var reader: Connection?
    private var isClosed = false

    init(writer: Writer, openReader: (@Sendable () throws -> Connection)?, counters: CounterBoard) {
        self.writer = writer
        self.openReader = openReader
        self.counters = counters
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try lock.withLock {
            try checkOpen()
            let box = ResultBox<T>()
            let outcome = ResultBox<Result<Void, any Error>>()
            writer.run([PendingWrite(run: { tx in box.set(try body(tx)) }, finish: { outcome.set($0) })])
            try outcome.get().get()
            return try box.get()
        }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try lock.withLock {
            try checkOpen()
            guard let openReader else { return try writer.read(body) }
            let connection = try reader ?? openReader()
            reader = connection
            return try connection.reading(body, counters)
        }
    }

    var waitingWrites: Int { 0 }

    func shutDown(waits: Bool) {
        lock.withLock {
            guard !isClosed else { return }
            isClosed = true
            reader?.close()
            writer.close()
        }
    }

    private func checkOpen() throws {
        guard !isClosed else { throw DatabaseError(.closed, "the database has been closed") }
    }
}

extension Connection {
    fileprivate func reading<T>(_ body: (Transaction) throws -> T, _ counters: CounterBoard) throws -> T {
        try use { session in
            defer { counters.update { $0.statements += session.takeStatementCount() } }
            return try session.reading(body)
        }
    }
}

extension WorkQueue.Acceptance {
    fileprivate var refusal: DatabaseError? {
        switch self {
        case .accepted: nil
        case .full: DatabaseError(.busy, "too many transactions wait for the database; try again later")
        case .closed: DatabaseError(.closed, "the database has been closed")
        }
    }
}
