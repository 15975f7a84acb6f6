import DunlinCalendar
import DunlinSandbox
import DunlinSandboxServer

/// The sandbox on a free port of this process, as `dunlin sandbox` runs it.
struct BenchSandboxServer {
    let setting: BenchSetting

    /// Listens for as long as `body` runs.
    func run(_ body: @escaping @Sendable (_ baseURL: String, _ sandbox: Sandbox) async throws -> Void) async throws {
        let clock = setting.clock
        let (addresses, told) = AsyncStream.makeStream(of: SandboxAddress.self)
        let server = try SandboxServer(
            SandboxServerOptions(),
            surroundings: SandboxSurroundings(
                now: { clock.now().milliseconds }, sleep: clock.sleep(milliseconds:), deliver: { _ in nil }),
            logger: BenchSetting.silence,
            onListening: { address in
                told.yield(address)
                told.finish()
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { told.finish() }
                do { try await server.run() } catch is CancellationError {}
            }
            for await address in addresses { try await body(address.baseURL, server.sandbox) }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
