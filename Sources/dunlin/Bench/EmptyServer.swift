import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// The sandbox's HTTP server with a handler that does nothing: the most that a sandbox could do.
struct EmptyServer {
    /// Listens on a free loopback port for as long as `body` runs.
    func run(_ body: @escaping @Sendable (_ baseURL: String) async throws -> Void) async throws {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0), serverName: nil),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: BenchSetting.silence,
            responder: { _, writer, _ in
                let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "0"])
                try await writer.write(response: head, body: ResponseBody())
            },
            onServerRunning: { channel in
                told.yield(channel.localAddress?.port ?? 0)
                told.finish()
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { told.finish() }
                do { try await server.run() } catch is CancellationError {}
            }
            for await port in ports { try await body("http://127.0.0.1:\(port)") }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
