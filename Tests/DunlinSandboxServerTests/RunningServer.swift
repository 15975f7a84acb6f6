import AsyncHTTPClient
import DunlinSandbox
import DunlinSandboxServer
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// A sandbox on a free loopback port for the length of a test.
struct RunningServer {
    let address: SandboxAddress
    let sandbox: Sandbox

    static func with(
        _ options: SandboxServerOptions = SandboxServerOptions(), _ body: (RunningServer) async throws -> Void
    ) async throws {
        var options = options
        if options.clock == .real { options.clock = .virtual(start: SandboxOptions.defaultStart) }
        let (addresses, told) = AsyncStream.makeStream(of: SandboxAddress.self)
        let server = try SandboxServer(
            options, surroundings: surroundings,
            logger: Logger(label: "sandbox", factory: { _ in SwiftLogNoOpLogHandler() }),
            onListening: { address in
                told.yield(address)
                told.finish()
            })
        let running = Task {
            defer { told.finish() }
            try await server.run()
        }
        defer { running.cancel() }
        for await address in addresses {
            try await body(RunningServer(address: address, sandbox: server.sandbox))
        }
        running.cancel()
        // A canceled server ends quietly or with the cancellation; anything else is a failure.
        do { try await running.value } catch is CancellationError {}
    }

    private static let surroundings = SandboxSurroundings(
        now: { SandboxOptions.defaultStart },
        sleep: { milliseconds in
            let loop = HTTPClient.shared.eventLoopGroup.any()
            try await loop.scheduleTask(in: .milliseconds(milliseconds)) {}.futureResult.get()
            try Task.checkCancellation()
        },
        deliver: { delivery in
            var request = HTTPClientRequest(url: delivery.url)
            request.method = .POST
            for header in delivery.headers { request.headers.add(name: header.name, value: header.value) }
            request.body = .bytes(delivery.body)
            let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(5))
            return response.map { Int($0.status.code) }
        })

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    func send(
        _ method: String, _ path: String, _ body: String = "", headers: [String: String] = [:], base: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: (base ?? address.baseURL) + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer sk_test_server")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if !body.isEmpty {
            if headers["Content-Type"] == nil {
                request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            }
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 22)
        var received: [String: String] = [:]
        for (name, value) in response.headers { received[name.lowercased()] = value }
        return Answer(
            status: Int(response.status.code), headers: received, body: Array(bytes.readableBytesView))
    }
}
