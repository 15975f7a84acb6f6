import AsyncHTTPClient
import DunlinSandbox
import DunlinSandboxServer
import Foundation
import NIOCore
import NIOHTTP1

/// How many requests a second the sandbox answers, beside a handler that does nothing on the same HTTP server, asked by
/// the same client; and what its state takes in memory.
struct SandboxBench {
    private static let concurrency = 50
    private static let key = "sk_test_bench"
    private static let card = "pm_card_visa"

    let setting: BenchSetting

    func run() async throws -> [BenchRow] { try await rates() + memory() }

    // MARK: - Rates

    /// Charges are created and confirmed in one request, with the fields that the driver sends; reads fetch one of them.
    func rates() async throws -> [BenchRow] {
        let client = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup,
            configuration: BareClient.configuration(connections: Self.concurrency))
        do {
            let rows = try await rates(client)
            try await client.shutdown()
            return rows
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func rates(_ client: HTTPClient) async throws -> [BenchRow] {
        let measured = Rates()
        try await BenchSandboxServer(setting: setting).run { address, sandbox in
            try await EmptyServer().run { floor in
                let intent = try Self.firstIntent(of: sandbox)
                for round in 1...BenchSetting.rounds {
                    let charge = { @Sendable (base: String, number: Int) in
                        Self.charge(base, reference: "\(round)-\(number)")
                    }
                    let before = sandbox.audit.successes
                    let charges = try await rate(client, address, charge)
                    guard sandbox.audit.successes - before == setting.size else {
                        throw BenchError("\(sandbox.audit.successes - before) of \(setting.size) charges succeeded")
                    }
                    await measured.add(charges: (charges, try await rate(client, floor, charge)))
                    let read = { @Sendable (base: String, _: Int) in Self.read(base, intent) }
                    let reads = try await rate(client, address, read)
                    await measured.add(reads: (reads, try await rate(client, floor, read)))
                }
            }
        }
        return [
            BenchRow("sandbox.charges", rounds: await measured.charges, unit: "requests/s"),
            BenchRow("sandbox.reads", rounds: await measured.reads, unit: "requests/s"),
        ]
    }

    private actor Rates {
        private(set) var charges: [(value: Double, floor: Double)] = []
        private(set) var reads: [(value: Double, floor: Double)] = []

        func add(charges pair: (value: Double, floor: Double)) { charges.append(pair) }
        func add(reads pair: (value: Double, floor: Double)) { reads.append(pair) }
    }

    private func rate(
        _ client: HTTPClient, _ base: String, _ request: @escaping @Sendable (String, Int) -> HTTPClientRequest
    ) async throws -> Double {
        let size = setting.size
        let seconds = try await setting.seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<Self.concurrency {
                    group.addTask {
                        for number in stride(from: lane, to: size, by: Self.concurrency) {
                            try await Self.send(request(base, number), client)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        return Double(size) / seconds
    }

    /// The answer is read to its end and not looked into.
    private static func send(_ request: HTTPClientRequest, _ client: HTTPClient) async throws {
        let response = try await client.execute(request, timeout: .seconds(120))
        for try await _ in response.body {}
        guard response.status == .ok else { throw BenchError("a request was answered with \(response.status.code)") }
    }

    private static func charge(_ base: String, reference: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + "/v1/payment_intents")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer " + key)
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Idempotency-Key", value: reference)
        request.body = .bytes(ByteBuffer(string: form(reference: reference)))
        return request
    }

    private static func form(reference: String) -> String {
        "amount=1200&currency=eur&payment_method=\(card)&payment_method_types[0]=card&confirm=true&off_session=true"
            + "&metadata[dunlin_reference]=\(reference)&metadata[dunlin_subscription]=\(reference)"
            + "&metadata[dunlin_period]=bench&metadata[dunlin_invoice]=1&metadata[dunlin_database]=bench"
    }

    private static func read(_ base: String, _ intent: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + "/v1/payment_intents/" + intent)
        request.headers.add(name: "Authorization", value: "Bearer " + key)
        return request
    }

    private static func firstIntent(of sandbox: Sandbox) throws -> String {
        let headers = ["authorization": "Bearer " + key, "content-type": "application/x-www-form-urlencoded"]
        let answer = sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/v1/payment_intents", headers: headers, body: Array(form(reference: "0").utf8)))
        guard let id = try JSONValue(parsing: answer.body)["id"]?.string else {
            throw BenchError("the sandbox created nothing")
        }
        return id
    }
}

// MARK: - Memory

extension SandboxBench {
    /// Batches that a sandbox takes before it is weighed, and between the two weighings.
    private static let batches = 2

    /// What 10,000 charges add to a sandbox that forgets nothing, and to one that forgets what is older than 30 days
    /// while a month goes by with every batch.
    func memory() async throws -> [BenchRow] {
        let everything = try await growth(["--clock", "virtual"])
        let horizon = try await growth(["--clock", "virtual", "--horizon-days", "30"], daysBetween: 31)
        return [
            BenchRow("sandbox.memory", everything, unit: "MB per 10000 intents"),
            BenchRow("sandbox.memory_with_horizon", horizon, unit: "MB per 10000 intents"),
        ]
    }

    private func growth(_ arguments: [String], daysBetween days: Int = 0) async throws -> Double {
        let sandbox = try BenchSandbox(arguments)
        defer { sandbox.stop() }
        let client = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup,
            configuration: BareClient.configuration(connections: Self.concurrency))
        do {
            let bytes = try await growth(of: sandbox, client, days: days)
            try await client.shutdown()
            return Double(bytes) / 1e6 / Double(setting.size * Self.batches) * 10_000
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func growth(of sandbox: BenchSandbox, _ client: HTTPClient, days: Int) async throws -> Int {
        var weights: [Int] = []
        for weighing in 1...2 {
            for batch in 1...Self.batches {
                _ = try await rate(client, sandbox.baseURL) { base, number in
                    Self.charge(base, reference: "\(weighing)-\(batch)-\(number)")
                }
                try await Self.send(Self.wait(sandbox.baseURL, days: days), client)
            }
            weights.append(try ResidentMemory.bytes(of: sandbox.id))
        }
        return weights[1] - weights[0]
    }

    private static func wait(_ base: String, days: Int) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + "/_sandbox/clock")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: #"{"advance_days":\#(days)}"#))
        return request
    }
}
