import DunlinTesting
import Foundation
import Testing

enum GatewayName: String, Sendable, CaseIterable {
    case stripe, wooshpay

    var prefix: String { "DUNLIN_" + rawValue.uppercased() }
}

/// A customer and a card as a gateway knows them.
struct SavedCard: Sendable {
    let customerID: String
    let methodID: String
}

/// One subscription to import, with its own customer.
struct SampleSubscription: Sendable {
    let card: SavedCard
    var gateway: GatewayName
    var amountMinor = 1200
    var interval = "month"
    var intervalCount = 1
    /// Local, in UTC.
    var anchor = "2026-03-01T09:00:00"
    var billFrom = ""
}

/// One installation of the program: a folder with a data file, keys in its environment, and what was imported.
struct Site: Sendable {
    static let key = "sk_test_endtoend0123456789"

    var program: Program
    /// False runs on the machine's clock; else everything happens at the start of the tests' world or after it.
    var usesWorldClock = true

    init(_ gateways: [GatewayName: String], settings: [String: String] = [:], usesWorldClock: Bool = true) throws {
        self.usesWorldClock = usesWorldClock
        program = try Program()
        program.environment["DUNLIN_LISTEN_ADMIN"] = "127.0.0.1:0"
        for (gateway, baseURL) in gateways {
            program.environment[gateway.prefix + "_SECRET_KEY"] = Self.key
            program.environment[gateway.prefix + "_BASE_URL"] = baseURL
            // Limits are the business of one test alone.
            program.environment[gateway.prefix + "_LIMITS_PER_SECOND"] = "1000"
            program.environment[gateway.prefix + "_LIMITS_PER_ENDPOINT_PER_SECOND"] = "1000"
        }
        program.environment.merge(settings) { $1 }
    }

    /// Makes the data file and imports the subscriptions at the start of the world.
    func open(_ subscriptions: [SampleSubscription]) async throws {
        let made = try await program.run("init")
        #expect(made.status == 0, "\(made.error)")
        try write(subscriptions)
        let arguments = ["import", "customers.csv", "payment_methods.csv", "subscriptions.csv"]
        let imported = try await program.run(arguments + clock(after: 0))
        #expect(imported.status == 0, "\(imported.error)")
    }

    /// - Parameter ids: numbers in the ids of customers, methods and subscriptions; from 0 on unless given.
    func write(_ subscriptions: [SampleSubscription], ids: Range<Int>? = nil) throws {
        var customers = "id,gateway,gateway_customer_id,email,name,country,time_zone\n"
        var methods =
            "id,customer_id,gateway_payment_method_id,type,brand,last4,exp_month,exp_year,is_default,is_backup\n"
        var rows =
            "id,customer_id,plan,amount_minor,currency,quantity,interval,interval_count,anchor,time_zone,"
            + "cancel_at_period_end,status,bill_from\n"
        for (index, row) in zip(ids ?? 0..<subscriptions.count, subscriptions) {
            customers +=
                "c\(index),\(row.gateway.rawValue),\(row.card.customerID),c\(index)@example.com,Name \(index),DE,UTC\n"
            methods += "p\(index),c\(index),\(row.card.methodID),card,visa,4242,12,2034,true,false\n"
            rows +=
                "s\(index),c\(index),pro,\(row.amountMinor),EUR,1,\(row.interval),\(row.intervalCount),\(row.anchor),"
                + "UTC,false,active,\(row.billFrom)\n"
        }
        try program.write(customers, to: "customers.csv")
        try program.write(methods, to: "payment_methods.csv")
        try program.write(rows, to: "subscriptions.csv")
    }

    // MARK: - Passes

    func clock(after seconds: Int) -> [String] { usesWorldClock ? ["--now", Dates.after(seconds)] : [] }

    func passArguments(after seconds: Int = 0, waiting: Int = 0) -> [String] {
        ["run", "--once", "--wait", "\(waiting)", "--json"] + clock(after: seconds)
    }

    /// One pass, this long after the start of the world; it must end as expected.
    @discardableResult
    func pass(after seconds: Int = 0, waiting: Int = 0, status: Int32 = 0) async throws -> PassCounts {
        let ended = try await program.run(passArguments(after: seconds, waiting: waiting))
        #expect(ended.status == status, "\(ended.output) \(ended.error)")
        return try PassCounts(ended)
    }

    func start(after seconds: Int = 0, waiting: Int = 0) throws -> RunningProgram {
        try program.start(passArguments(after: seconds, waiting: waiting))
    }

    /// Passes over the following days until nothing is in flight: what is left then waits for a person or its time.
    ///
    /// - Returns: how many seconds after the start of the world that was.
    @discardableResult
    func settle(from start: Int = 600) async throws -> Int {
        var seconds = start
        for step in [300, 900, 4_000, 22_000, 90_000, 90_000] {
            let counts = try await pass(after: seconds)
            if counts["unknown"] == 0, counts["processing"] == 0, try await openInvoices() == 0 { return seconds }
            seconds += step
        }
        Issue.record("something is still in flight after two days")
        return seconds
    }

    // MARK: - What the program says of itself

    /// All rows of a list: `invoices`, `attempts`, `jobs`, `subscriptions`. By itself a list shows a hundred.
    func list(_ name: String, _ arguments: String...) async throws -> [[String: Any]] {
        let ended = try await program.run([name, "list", "--json", "--limit", "1000000"] + arguments)
        #expect(ended.status == 0, "\(ended.error)")
        return try #require(try ended.json() as? [[String: Any]])
    }

    /// How many invoices will be tried by the program itself, without a person and without another day.
    func openInvoices() async throws -> Int {
        try await list("invoices").count { row in
            row["state"] as? String == "open"
                && ["scheduled", "processing", "unknown"].contains(row["waits_for"] as? String)
        }
    }

    func invoices(_ state: String) async throws -> Int { try await list("invoices", "--state", state).count }

    /// `prove` finds every promise kept.
    func prove(after seconds: Int? = nil) async throws {
        let ended = try await program.run(["prove", "--json"] + (seconds.map(clock) ?? []))
        #expect(ended.status == 0, "\(ended.output)")
        #expect(try ended.object()["ok"] as? Bool == true, "\(ended.output)")
    }
}

/// The numbers in the result of a pass.
struct PassCounts: Sendable {
    private let numbers: [String: Int]

    init(_ ended: Program.Ended) throws {
        let object = ended.output.isEmpty ? [:] : try ended.object()
        numbers = object.compactMapValues { $0 as? Int }
    }

    subscript(_ name: String) -> Int? { numbers[name] }
}
