import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// What both listeners have in common: a socket, its time-outs, and answers that are written whole.
struct HTTPListener: Sendable {
    /// A connection on which nothing moves is closed after this time.
    static let idleSecondsMax: Int64 = 30

    /// For the log: `admin listener`.
    let name: String
    let host: String
    let port: Int
    let logger: Logger
    let onListening: @Sendable (Int) async -> Void

    /// Listens until its task is canceled or the service group around it shuts down.
    ///
    /// - Throws: what the system says when the port cannot be bound; `CancellationError`.
    func serve(_ answer: @escaping @Sendable (Request) async throws -> Answer) async throws {
        let server = try HTTPServerBuilder.http1(
            configuration: .init(idleTimeout: .seconds(Self.idleSecondsMax))
        ).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), serverName: nil),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger,
            responder: { request, writer, _ in try await Self.write(try await answer(request), writer) },
            onServerRunning: { channel in
                let bound = channel.localAddress?.port ?? port
                logger.info("\(name) started", metadata: ["address": "\(host):\(bound)"])
                await onListening(bound)
            })
        try await server.run()
    }

    private static func write(_ answer: Answer, _ writer: consuming ResponseWriter) async throws {
        var fields = HTTPFields()
        for (key, value) in answer.headers {
            if let name = HTTPField.Name(key) { fields[name] = value }
        }
        try await writer.write(
            response: HTTPResponse(status: .init(code: answer.status), headerFields: fields),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

/// A whole answer to a request.
public struct Answer: Hashable, Sendable {
    public var status: Int
    /// By lower-case name.
    public var headers: [String: String]
    public var body: [UInt8]

    init(_ status: Int, contentType: String, _ body: [UInt8]) {
        self.status = status
        self.body = body
        // The state of this moment: no cache may show it for that of another.
        headers = [
            "cache-control": "no-store", "content-type": contentType, "content-length": String(body.count),
            "x-content-type-options": "nosniff",
        ]
    }

    /// A line of plain text.
    init(_ status: Int, _ line: String) {
        self.init(status, contentType: "text/plain; charset=utf-8", Array("\(line)\n".utf8))
    }

    static let notFound = Answer(404, "not found")
}
