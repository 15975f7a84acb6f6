import DunlinCore
import Synchronization
import Testing

@testable import DunlinGateways

@Suite struct LiveTransportTests {
    private func run(
        _ script: [ScriptedServer.Step], limits: LiveTransport.Limits = .init(),
        _ body: (LiveTransport, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(script)
        try await server.start()
        let transport = LiveTransport(limits: limits)
        do {
            try await body(transport, server)
        } catch {
            Issue.record(error)
        }
        try await transport.shutdown()
        try await server.stop()
    }

    private func post(_ url: String, body: String = "amount=1") -> HTTPRequest {
        HTTPRequest(method: "POST", url: url + "/v1/x", headers: [], body: Array(body.utf8))
    }

    private func send(
        _ request: HTTPRequest, over transport: LiveTransport, milliseconds: Int64 = 5_000,
        deadline: SendDeadline = .none
    ) async -> Result<HTTPResponse, TransportError> {
        do {
            return .success(
                try await transport.send(request, totalTimeoutMilliseconds: milliseconds, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }

    private func isNotSent(_ result: Result<HTTPResponse, TransportError>) -> Bool {
        if case .failure(.notSent) = result { return true }
        return false
    }

    private func isLost(_ result: Result<HTTPResponse, TransportError>) -> Bool {
        if case .failure(.lost) = result { return true }
        return false
    }

    @Test func anAnswerComesWithItsStatusHeadersAndBody() async throws {
        try await run([.answer(418, headers: ["X-A": "1"], body: "tea")]) { transport, server in
            let response = try await send(post(server.baseURL), over: transport).get()
            #expect(response.status == 418)
            #expect(response.header("x-a") == "1")
            #expect(response.header("DATE") == ScriptedServer.date)
            #expect(response.header("absent") == nil)
            #expect(response.body == Array("tea".utf8))
        }
    }

    @Test func aServerThatDropsTheConnectionAfterThePostSeesItOnce() async throws {
        for step in [ScriptedServer.Step.close, .reset] {
            // The first answer leaves a connection in the pool; the second request goes over it and is dropped.
            try await run([.answer(200, body: "{}"), step, .answer(200, body: "{}")]) { transport, server in
                #expect((try? await send(post(server.baseURL), over: transport).get())?.status == 200)
                #expect(isLost(await send(post(server.baseURL, body: "amount=2"), over: transport)))
                #expect(server.requests.count == 2)
            }
        }
    }

    @Test func aPooledConnectionThatHasEndedNeverCarriesAPostTwice() async throws {
        // The server ends the connection right behind its answer. Whether the next request meets the dead connection
        // or a new one, it reaches the server once at most, and says so truly.
        try await run(
            Array(repeating: .answerThenClose(200, body: "{}"), count: 40)
        ) { transport, server in
            var answered = 0
            for number in 0..<20 {
                let result = await send(post(server.baseURL, body: "amount=\(number)"), over: transport)
                if case .success = result { answered += 1 }
                let seen = server.requests.filter { $0.hasSuffix("\r\n\r\namount=\(number)") }.count
                #expect(seen <= 1)
                if isNotSent(result) { #expect(seen == 0) }
            }
            #expect(answered > 0)
        }
    }

    @Test func aPortThatNobodyListensOnIsNotSent() async throws {
        let port = try SilentPort()
        defer { port.close() }
        let url = "http://127.0.0.1:\(port.number)"
        try await run([]) { transport, _ in
            #expect(isNotSent(await send(post(url), over: transport)))
            #expect(isNotSent(await send(HTTPRequest(method: "GET", url: url, headers: []), over: transport)))
        }
    }

    @Test func aNameThatDoesNotResolveIsNotSent() async throws {
        try await run([], limits: .init(connectTimeoutMilliseconds: 300)) { transport, _ in
            #expect(isNotSent(await send(post("http://gateway.invalid"), over: transport)))
        }
    }

    @Test func aFailedTLSHandshakeIsNotSent() async throws {
        try await run([], limits: .init(connectTimeoutMilliseconds: 1_000)) { transport, server in
            #expect(isNotSent(await send(post("https://127.0.0.1:\(server.port)"), over: transport)))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func anAddressThatIsNoneIsNotSent() async throws {
        try await run([]) { transport, _ in
            for url in ["", "ftp://127.0.0.1", "http://"] {
                #expect(isNotSent(await send(HTTPRequest(method: "POST", url: url, headers: []), over: transport)))
            }
            let forged = HTTPRequest(
                method: "POST", url: "http://127.0.0.1:1", headers: [HTTPHeader("Idempotency-Key", "a\r\nX: 1")],
                body: [1])
            #expect(isNotSent(await send(forged, over: transport)))
        }
    }

    @Test func aServerThatNeverAnswersIsLostAtTheTotalTimeout() async throws {
        // Over a connection that stands already, so that only the answer can be late.
        try await run([.answer(200), .silence]) { transport, server in
            #expect((try? await send(post(server.baseURL), over: transport).get())?.status == 200)
            #expect(isLost(await send(post(server.baseURL), over: transport, milliseconds: 250)))
            #expect(server.requests.count <= 2)
        }
    }

    @Test func anAnswerAboveTheLimitIsLost() async throws {
        try await run(
            [.answer(200, body: String(repeating: "a", count: 1000)), .answer(200, body: "ok")],
            limits: .init(responseBytesMax: 999)
        ) { transport, server in
            #expect(isLost(await send(post(server.baseURL), over: transport)))
            #expect((try? await send(post(server.baseURL), over: transport).get())?.body == Array("ok".utf8))
        }
    }

    @Test func aRedirectIsAnAnswerAndIsNotFollowed() async throws {
        for status in [301, 302, 303, 307, 308] {
            try await run([.answer(status, headers: ["Location": "/v1/y"]), .answer(200)]) { transport, server in
                #expect((try? await send(post(server.baseURL), over: transport).get())?.status == status)
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func aTransportThatWasShutDownSendsNothing() async throws {
        let server = ScriptedServer([.answer(200), .answer(200)])
        try await server.start()
        let transport = LiveTransport()
        #expect((try? await send(post(server.baseURL), over: transport).get())?.status == 200)
        try await transport.shutdown()
        try await transport.shutdown()
        #expect(isNotSent(await send(post(server.baseURL), over: transport)))
        #expect(server.requests.count == 1)
        try await server.stop()
        // One that never sent anything may be let go as it is.
        _ = LiveTransport()
    }

    @Test func nothingIsSentAfterTheDeadline() async throws {
        try await run([.answer(200)]) { transport, server in
            let result = await send(post(server.baseURL), over: transport, deadline: SendDeadline { true })
            #expect(isNotSent(result))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func aDeadlineThatPassesWhileConnectingStopsTheBody() async throws {
        // Asked at the hand-over, and once more when the connection stands.
        let asked = Mutex(0)
        let deadline = SendDeadline {
            asked.withLock { count in
                count += 1
                return count > 1
            }
        }
        try await run([.answer(200), .answer(200, body: "next")]) { transport, server in
            #expect(isNotSent(await send(post(server.baseURL), over: transport, deadline: deadline)))
            #expect(asked.withLock { $0 } == 2)
            #expect(server.requests.isEmpty)
            #expect((try? await send(post(server.baseURL), over: transport).get())?.status == 200)
            #expect(server.requests.count == 1)
        }
    }

    @Test func aFaultIsToldWithoutTheHeaders() async throws {
        try await run([.close]) { transport, server in
            let request = HTTPRequest(
                method: "POST", url: server.baseURL + "/v1/x?secret=canary",
                headers: [HTTPHeader("Authorization", "Bearer canary")], body: Array("canary".utf8))
            guard case .failure(let error) = await send(request, over: transport) else {
                Issue.record("an answer came")
                return
            }
            #expect(!error.description.contains("canary"))
            #expect(error.description.hasPrefix("sent, but the answer was lost: "))
        }
    }
}
