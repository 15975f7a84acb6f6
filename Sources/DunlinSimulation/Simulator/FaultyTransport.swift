import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinJobs
import DunlinSandbox
import Synchronization

/// Carries the requests of one process to the sandbox's model on virtual time, and lets everything go wrong on the way
/// that can: the request is late, lost, answered by somebody else, and the process may be gone when the answer comes.
struct FaultyTransport: Transport {
    let world: World
    let process: SimulatedProcess
    let kind: GatewayKind
    let sandbox: Sandbox

    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        try requireAlive()
        let wire = WireRequest(request, kind: kind)
        await world.wait(world.chance.number(1...30, "way"), process)
        try requireAlive()
        if deadline.hasPassed() {
            world.note("\(process.place).\(process.number) \(wire.text) is not sent: its deadline has passed")
            throw .notSent("the send deadline had passed")
        }
        world.note("\(process.place).\(process.number) \(wire.text)")
        world.coverage.requests += 1
        await world.wire.leaves(wire, process, world)
        try requireAlive()
        beginOutage(at: wire)
        if world.now < world.outageUntil { throw await outage(wire, totalTimeoutMilliseconds) }
        let answer = try await answer(wire, totalTimeoutMilliseconds)
        if answer.status != 200 { world.note("\(wire.text): \(answer.status)") }
        world.wire.isAnswered(wire, status: answer.status, process, world)
        world.answers.isAnswered(wire, status: answer.status, process, world)
        return HTTPResponse(
            status: answer.status, headers: answer.headers.map { HTTPHeader($0.name, $0.value) }, body: answer.body)
    }

    private func requireAlive() throws(TransportError) {
        if process.isDead || world.isHalted { throw .lost("the process is gone") }
    }

    /// In the middle of a pass, when much is on its way: one that begins between two passes is seen before anything is sent.
    private func beginOutage(at wire: WireRequest) {
        guard wire.operation.isMoney, world.plan.has(.outage), !world.isAtRest, world.now >= world.outageUntil,
            world.chance.happens(5_000, "outage at work")
        else { return }
        world.outageUntil = world.now.adding(minutes: world.chance.number(2...90, "outage at work"))
        world.note("the gateways do not answer until \(world.outageUntil.rfc3339Seconds)")
    }

    private func outage(_ wire: WireRequest, _ timeout: Int64) async -> TransportError {
        world.strike(.outage)
        let isRefused = world.chance.happens(300_000, "outage")
        await world.wait(isRefused ? 20 : timeout, process)
        world.wire.isLost(wire, process, world, isSent: !isRefused)
        return isRefused ? .notSent("no connection") : .lost("nothing came back")
    }

    // MARK: - There and back

    /// What reaches the gateway happens there, whatever becomes of the process that sent it.
    private func answer(_ wire: WireRequest, _ timeout: Int64) async throws(TransportError) -> SandboxResponse {
        let stall = wire.operation.isMoney ? world.stallOnTheWay(process) : nil
        let way = stall ?? world.chance.number(5...120, "way")
        var back = world.chance.number(5...200, "way")
        if world.strikes(.slow) { back = world.chance.number(1_000...40_000, "slow") }
        let request = translated(wire)
        let isWrong = wire.namesIntent && kind == .stripe && world.strikes(.wrongAnswers)
        let box = AnswerBox()
        world.thread.at(world.now.adding(milliseconds: way), order: world.chance.bits("order")) {
            [world, sandbox] in
            var request = request
            request.receivedAt = world.now.milliseconds
            let answer =
                isWrong ? WrongAnswer(chance: world.chance).answer(to: request, sandbox) : sandbox.handle(request)
            box.answer.withLock { $0 = answer }
        }
        await world.wait(way + 1, process)
        if !process.isDead { await People(world).meddle(after: wire) }
        await world.wait(min(back, timeout), process)
        guard let answer = box.answer.withLock({ $0 }), !process.isDead, !world.isHalted else {
            throw .lost("the process is gone")
        }
        if isWrong { world.note("\(wire.text) is answered wrongly") }
        let isLate = back + answer.delayMilliseconds > timeout
        switch answer.delivery {
        case .normal, .trickle: if !isLate { return answer }
        case .dropped, .silent, .truncated: break
        }
        world.note("\(wire.text): the answer is lost")
        world.wire.isLost(wire, process, world, isSent: true)
        throw .lost("nothing came back")
    }

    private func translated(_ wire: WireRequest) -> SandboxRequest {
        var body = wire.request.body
        if wire.operation == .create, world.strikes(.wrongAmounts) {
            let name = wire.kind == .stripe ? "amount=" : "\"amount\":"
            body = Array(wire.body.replacing(name, with: name + "1").utf8)
            world.note("\(wire.text) is understood as another amount")
        }
        return SandboxRequest(
            method: wire.request.method, path: wire.path, query: wire.query,
            headers: Dictionary(wire.request.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }, body: body,
            receivedAt: nil, dialect: kind == .stripe ? .stripe : .wooshpay)
    }
}

/// Where the answer waits for whoever asked, if he is still there.
private final class AnswerBox: Sendable {
    let answer = Mutex<SandboxResponse?>(nil)
}

/// An answer that is not about what was asked, and that says that money moved.
struct WrongAnswer {
    let chance: Chance

    /// - Returns: what a read of the intent would say, with one field that is not ours; nothing is done.
    func answer(to request: SandboxRequest, _ sandbox: Sandbox) -> SandboxResponse {
        var read = request
        read.method = "GET"
        read.body = []
        read.headers["idempotency-key"] = nil
        read.path = "/" + request.path.split(separator: "/").prefix(3).joined(separator: "/")
        var answer = sandbox.handle(read)
        guard answer.status == 200 else { return answer }
        var text = String(decoding: answer.body, as: UTF8.self)
        text = Self.replace(text, "\"status\":\"", until: "\"", with: "succeeded")
        switch chance.number(0...3, "wrong") {
        case 0: text = text.replacing("\"livemode\":false", with: "\"livemode\":true")
        case 1: text = Self.replace(text, "\"amount\":", until: ",", with: "1")
        case 2: text = Self.replace(text, "\"customer\":\"", until: "\"", with: "cus_somebodyElse")
        default: text = Self.replace(text, "\"dunlin_subscription\":\"", until: "\"", with: "s-somebodyElse")
        }
        answer.body = Array(text.utf8)
        return answer
    }

    private static func replace(_ text: String, _ start: String, until end: String, with new: String) -> String {
        guard let found = text.firstRange(of: start),
            let close = text[found.upperBound...].firstRange(of: end)
        else { return text }
        return text[..<found.upperBound] + new + text[close.lowerBound...]
    }
}
