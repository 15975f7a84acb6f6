import AsyncHTTPClient
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinGateways
import DunlinJobs
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinSimulation
import Foundation
import NIOCore

/// How many debts a second are charged against a sandbox in a process of its own; beside a bare client that sends the
/// same two requests for each to the same sandbox, and keeps nothing.
struct ChargingBench {
    private static let concurrency = 50

    let setting: BenchSetting

    func run() async throws -> [BenchRow] {
        let sandbox = try BenchSandbox()
        defer { sandbox.stop() }
        let client = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup,
            configuration: BareClient.configuration(connections: Self.concurrency))
        do {
            let rows = try await run(BareClient(client: client, baseURL: sandbox.baseURL))
            try await client.shutdown()
            return rows
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func run(_ bare: BareClient) async throws -> [BenchRow] {
        var rounds: [(value: Double, floor: Double)] = []
        var counts = Counts()
        for round in 1...BenchSetting.rounds {
            let sample = try await sample(bare)
            let product = try await measureProduct(sample, bare, round: round, counts: &counts)
            rounds.append((product, try await measureFloor(sample, bare, round: round)))
        }
        let charges = Double(setting.size * BenchSetting.rounds)
        return [
            BenchRow("charging.charges", rounds: rounds, unit: "charges/s"),
            BenchRow("charging.statements", Double(counts.statements) / charges, unit: "per charge"),
            BenchRow("charging.transactions", Double(counts.writes) / charges, unit: "per charge"),
            BenchRow("charging.commits", Double(counts.commits) / charges, unit: "per charge"),
            BenchRow("charging.requests", Double(counts.requests) / charges, unit: "per charge"),
        ]
    }

    private struct Counts {
        var statements = 0
        var writes = 0
        var commits = 0
        var requests = 0
    }

    /// One customer, one good card and one subscription for each charge, at the sandbox.
    private func sample(_ bare: BareClient) async throws -> SampleData {
        let firstDay = Zone.utc.local(of: setting.clock.now()).date
        var sample = SampleData(subscriptions: setting.size, seed: 1, firstDay: firstDay)
        sample.replaceAll(token: "pm_card_visa", interval: "month", anchor: "2026-01-01", billFrom: "current")
        sample.moveAll(toGateway: "stripe", currency: "EUR", amountMinor: 1200)
        try await SampleRegistration { try await bare.send($0) }.register(&sample)
        return sample
    }

    // MARK: - The product

    private func measureProduct(
        _ sample: SampleData, _ bare: BareClient, round: Int, counts: inout Counts
    ) async throws -> Double {
        let database = try setting.database("charging-\(round).db", databaseID: "bench-\(round)-\(Chance.bits())")
        defer { database.close() }
        let transport = LiveTransport(limits: .init(connectionsMax: Self.concurrency))
        do {
            let rate = try await measure(sample, database, transport, bare, &counts)
            try await transport.shutdown()
            return rate
        } catch {
            try await transport.shutdown()
            throw error
        }
    }

    private func measure(
        _ sample: SampleData, _ database: Database, _ transport: LiveTransport, _ bare: BareClient,
        _ counts: inout Counts
    ) async throws -> Double {
        let billing = try billing(database, transport, baseURL: bare.baseURL)
        try await sample.store(in: database)
        _ = try await BillDueSubscriptions(billing: billing, gateways: ["stripe"]).run(now: setting.clock.now())
        let processes = ProcessTable()
        var options = Pass.Options()
        options.concurrency = Self.concurrency
        options.waitSeconds = 0
        let pass = Pass(
            billing: billing, holder: processes.identity(), options: options, holderIsDead: processes.isDead)
        let before = database.counters
        let requestsBefore = try await bare.requests()
        var succeeded = 0
        let seconds = try await setting.seconds { succeeded = try await pass.run().counts.succeeded }
        guard succeeded == setting.size else {
            throw BenchError("\(succeeded) of \(setting.size) charges succeeded")
        }
        let after = database.counters
        counts.statements += after.statements - before.statements
        counts.writes += after.writes - before.writes
        counts.commits += after.flushingCommits - before.flushingCommits
        counts.requests += try await bare.requests() - requestsBefore
        return Double(setting.size) / seconds
    }

    private func billing(_ database: Database, _ transport: LiveTransport, baseURL: String) throws -> Billing {
        let clock = setting.billingClock
        let settings = GatewaySettings(
            name: "stripe", kind: .stripe, baseURL: baseURL, key: Secret(SampleRegistration.key),
            userAgent: Version.userAgent)
        let driver = try settings.gateway(
            environment: GatewayEnvironment(
                transport: transport, now: clock.now, sleep: clock.sleep, randomBits: clock.randomBits))
        var rules = BillingRules(declines: try DeclineTable(parsing: Defaults.declines))
        // The period has been running for a while, and nobody else has charged it.
        rules.lateAfterSeconds = 10 * 365 * 86_400
        let gateway = BillingGateway(driver: driver, sending: .twoPhase, retryMode: .sameIntent, limits: nil)
        return Billing(
            database: database, databaseID: database.databaseID ?? "", gateways: ["stripe": gateway], clock: clock,
            rules: rules, logger: setting.log)
    }

    // MARK: - The floor

    private func measureFloor(_ sample: SampleData, _ bare: BareClient, round: Int) async throws -> Double {
        let customers = Dictionary(uniqueKeysWithValues: sample.customers.map { ($0.id, $0.gatewayCustomerID) })
        let cards = Dictionary(
            sample.methods.map { ($0.customerID, $0.gatewayPaymentMethodID) }, uniquingKeysWith: { first, _ in first })
        let run = Chance.bits()
        let debts = sample.subscriptions.map { row in
            BareClient.Debt(
                customer: customers[row.customerID] ?? "", card: cards[row.customerID] ?? "", subscription: row.id,
                reference: "floor-\(run)-\(row.id)")
        }
        let seconds = try await setting.seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<Self.concurrency {
                    group.addTask {
                        for index in stride(from: lane, to: debts.count, by: Self.concurrency) {
                            try await bare.charge(debts[index])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        return Double(debts.count) / seconds
    }
}
