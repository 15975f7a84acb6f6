import ServiceLifecycle

/// A listener on a free loopback port, for as long as a test talks to it.
enum RunningListener {
    /// Starts the listener, hands its port over, and then ends it as SIGTERM would.
    ///
    /// - Parameter make: the listener, which tells the port once it listens.
    static func with(
        _ make: (_ told: @escaping @Sendable (Int) -> Void) -> some Service, _ body: (Int) async throws -> Void
    ) async throws {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: make { told.yield($0) }, successTerminationBehavior: .ignore)],
                logger: SickLedger.silentLog))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { told.finish() }
                try await group.run()
            }
            for await port in ports {
                do {
                    try await body(port)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }
}
