import AsyncHTTPClient
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinWeb
import Foundation
import NIOCore
import NIOHTTP1

/// How many signed webhooks a second the inbox takes: signature checked, stored with the job that will apply it, and on
/// the disk before the answer; beside a handler that does nothing on the same HTTP server, sent the same deliveries by
/// the same client.
struct InboxBench {
    /// A gateway delivers many at a time, and what comes together is committed together.
    private static let connections = 200
    private static let secret = "whsec_bench"

    let setting: BenchSetting

    func run() async throws -> [BenchRow] {
        let client = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup,
            configuration: BareClient.configuration(connections: Self.connections))
        do {
            let rows = try await run(client)
            try await client.shutdown()
            return rows
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func run(_ client: HTTPClient) async throws -> [BenchRow] {
        let database = try setting.database("inbox.db")
        defer { database.close() }
        let measured = Rates()
        let sample = try Self.sample()
        try await listen(database) { address in
            try await EmptyServer().run { floor in
                for round in 1...BenchSetting.rounds {
                    let deliveries = deliveries(of: sample, round: round)
                    let taken = try await rate(client, address, deliveries)
                    await measured.add(taken, floor: try await rate(client, floor, deliveries))
                    try await requireAllStored(round: round, database)
                }
            }
        }
        let counters = database.counters
        let events = Double(setting.size * BenchSetting.rounds)
        return [
            BenchRow("inbox.events", rounds: await measured.rounds, unit: "events/s"),
            BenchRow("inbox.commits", Double(counters.commits) / events, unit: "per event"),
        ]
    }

    private actor Rates {
        private(set) var rounds: [(value: Double, floor: Double)] = []

        func add(_ value: Double, floor: Double) { rounds.append((value, floor)) }
    }

    /// The public listener on a free port of this process, as `dunlin run` and `dunlin serve` have it.
    private func listen(_ database: Database, _ body: @escaping @Sendable (_ baseURL: String) async throws -> Void)
        async throws
    {
        let clock = setting.clock
        let inbox = WebhookInbox(
            database: database, mode: .test,
            routes: [WebhookRoute(gateway: "stripe", kind: .stripe, secrets: [Secret(Self.secret)])],
            logger: BenchSetting.silence, now: { clock.now() })
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let listener = PublicListener(
            host: "127.0.0.1", port: 0, inbox: inbox, isRequired: true, logger: BenchSetting.silence,
            onListening: { port in
                told.yield(port)
                told.finish()
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { told.finish() }
                do { try await listener.run() } catch is CancellationError {}
            }
            for await port in ports { try await body("http://127.0.0.1:\(port)") }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Answered with 200 and not on the disk would be a lie.
    private func requireAllStored(round: Int, _ database: Database) async throws {
        let (events, jobs) = try await database.read { tx in
            (
                try tx.value("SELECT COUNT(*) FROM events", as: Int.self) ?? 0,
                try tx.value("SELECT COUNT(*) FROM jobs", as: Int.self) ?? 0
            )
        }
        guard events == round * setting.size, jobs == events else {
            throw BenchError("\(events) events and \(jobs) jobs are stored of \(round * setting.size) acknowledged")
        }
    }

    // MARK: - Deliveries

    private struct Delivery: Sendable {
        let body: ByteBuffer
        let signature: String
    }

    /// An event of a charge as the sandbox tells it.
    private struct Sample: Sendable {
        let text: String
        let eventID: String
        let intentID: String
    }

    /// Each about an intent of its own that the ledger does not know to have ended: all of them are stored with a job.
    private func deliveries(of sample: Sample, round: Int) -> [Delivery] {
        let seconds = setting.clock.now().seconds
        return (0..<setting.size).map { number in
            let text = sample.text.replacing(sample.eventID, with: "evt_bench_\(round)_\(number)")
                .replacing(sample.intentID, with: "pi_bench_\(round)_\(number)")
            return Delivery(
                body: ByteBuffer(string: text),
                signature: WebhookSignature.header(
                    secret: Self.secret, timestamp: seconds, body: Array(text.utf8)))
        }
    }

    private static func sample() throws -> Sample {
        var options = SandboxOptions()
        options.stripeWebhookURLs = ["http://127.0.0.1/webhooks/stripe"]
        let sandbox = Sandbox(options)
        let headers = [
            "authorization": "Bearer sk_test_bench", "content-type": "application/x-www-form-urlencoded",
        ]
        let form =
            "amount=1200&currency=eur&payment_method=pm_card_visa&payment_method_types[0]=card&confirm=true"
            + "&metadata[dunlin_reference]=bench&metadata[dunlin_subscription]=bench&metadata[dunlin_database]=bench"
        let answer = sandbox.handle(
            SandboxRequest(method: "POST", path: "/v1/payment_intents", headers: headers, body: Array(form.utf8)))
        let told = sandbox.dueDeliveries(at: sandbox.now).first { $0.eventType == "payment_intent.succeeded" }
        guard let delivery = told, let intentID = try JSONValue(parsing: answer.body)["id"]?.string else {
            throw BenchError("the sandbox told of no charge")
        }
        return Sample(
            text: String(decoding: delivery.body, as: UTF8.self), eventID: delivery.eventID, intentID: intentID)
    }

    // MARK: - Sending

    private func rate(_ client: HTTPClient, _ base: String, _ deliveries: [Delivery]) async throws -> Double {
        let seconds = try await setting.seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<min(Self.connections, deliveries.count) {
                    group.addTask {
                        for number in stride(from: lane, to: deliveries.count, by: Self.connections) {
                            try await Self.send(deliveries[number], base, client)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        return Double(deliveries.count) / seconds
    }

    private static func send(_ delivery: Delivery, _ base: String, _ client: HTTPClient) async throws {
        var request = HTTPClientRequest(url: base + "/webhooks/stripe")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "Stripe-Signature", value: delivery.signature)
        request.body = .bytes(delivery.body)
        let response = try await client.execute(request, timeout: .seconds(30))
        for try await _ in response.body {}
        guard response.status == .ok else { throw BenchError("a delivery was answered with \(response.status.code)") }
    }
}
