import DunlinCalendar
public import DunlinCore
public import DunlinGateways
public import DunlinSandbox

/// Carries requests to the sandbox's model without a socket. An answer that the model loses is lost here too.
public struct SandboxTransport: Transport {
    private let sandbox: Sandbox
    private let time: VirtualTime
    private let dialect: SandboxDialect

    public init(sandbox: Sandbox, time: VirtualTime, dialect: SandboxDialect) {
        self.sandbox = sandbox
        self.time = time
        self.dialect = dialect
    }

    public func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        if deadline.hasPassed() { throw .notSent("the send deadline had passed") }
        let response = sandbox.handle(translated(request))
        if response.delayMilliseconds > totalTimeoutMilliseconds { throw .lost("the answer came too late") }
        switch response.delivery {
        case .normal, .trickle: break
        case .dropped, .silent, .truncated: throw .lost("the sandbox lost it")
        }
        return HTTPResponse(
            status: response.status, headers: response.headers.map { HTTPHeader($0.name, $0.value) },
            body: response.body)
    }

    private func translated(_ request: HTTPRequest) -> SandboxRequest {
        // scheme://host/path?query
        let target = request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).last ?? ""
        let parts = target.split(separator: "?", maxSplits: 1)
        return SandboxRequest(
            method: request.method, path: "/" + (parts.first ?? ""), query: parts.count > 1 ? String(parts[1]) : "",
            headers: Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }, body: request.body,
            receivedAt: time.now.milliseconds, dialect: dialect)
    }
}
