import DunlinSandbox
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// One listener's way from an HTTP request to the model and back, faults of the wire included.
struct Exchange: Sendable {
    /// A body larger than this is cut off with 413.
    private static let bodyBytesMax = 2 << 20
    /// How long a silent answer stays silent before the connection goes.
    private static let silenceMilliseconds: Int64 = 600_000

    /// Thrown to make the server close the connection without another byte.
    private struct ConnectionDropped: Error {}

    let desk: Desk
    let dialect: SandboxDialect?
    let clock: SandboxServerOptions.Clock
    let surroundings: SandboxSurroundings

    func answer(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        guard let body = try? await request.body.collect(upTo: Self.bodyBytesMax) else {
            try await write(SandboxResponse(status: 413), writer)
            throw ConnectionDropped()
        }
        let received = SandboxRequest(request, body: Array(body.readableBytesView), dialect: dialect, at: receivedAt)
        let response = await desk.handle(received)
        try await write(response, writer)
    }

    private var receivedAt: Int64? { clock == .real ? surroundings.now() : nil }

    private func write(_ response: SandboxResponse, _ writer: consuming ResponseWriter) async throws {
        if response.delayMilliseconds > 0 { try await surroundings.sleep(response.delayMilliseconds) }
        let head = head(of: response)
        switch response.delivery {
        case .normal:
            let body = ResponseBody(byteBuffer: ByteBuffer(bytes: response.body))
            try await writer.write(response: head, body: body)
        case .dropped: throw ConnectionDropped()
        case .silent:
            try await surroundings.sleep(Self.silenceMilliseconds)
            throw ConnectionDropped()
        case .truncated(let bytes):
            var body = try await writer.writeHead(head)
            try await body.write(ByteBuffer(bytes: response.body.prefix(bytes)))
            throw ConnectionDropped()
        case .trickle(let pause):
            var body = try await writer.writeHead(head)
            for byte in response.body {
                try await body.write(ByteBuffer(bytes: [byte]))
                try await surroundings.sleep(pause)
            }
            try await body.finish(nil)
        }
    }

    private func head(of response: SandboxResponse) -> HTTPResponse {
        var fields = HTTPFields()
        for header in response.headers {
            if let name = HTTPField.Name(header.name) { fields[name] = header.value }
        }
        fields[.contentLength] = String(response.body.count)
        return HTTPResponse(status: .init(code: response.status), headerFields: fields)
    }
}

extension SandboxRequest {
    fileprivate init(_ request: Request, body: [UInt8], dialect: SandboxDialect?, at instant: Int64?) {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        self.init(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "", headers: headers,
            body: body, receivedAt: instant, dialect: dialect)
    }
}
