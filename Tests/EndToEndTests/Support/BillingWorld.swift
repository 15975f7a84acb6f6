import DunlinTesting
import Foundation
import Testing

/// A data file with customers whose cards are known to a sandbox in another process, everything at one fixed time.
struct BillingWorld: Sendable {
    /// When the subscriptions of the world come due.
    static let start = "2026-03-01T09:00:00Z"

    let program: Program
    let sandbox: SandboxProcess

    /// - Parameters:
    ///   - cards: Stripe's tokens, one customer with one subscription for each.
    ///   - arguments: of the sandbox.
    init(cards: [String], gateway: String = "stripe", _ arguments: String...) async throws {
        var program = try Program()
        sandbox = try await SandboxProcess(program, now: Self.start, arguments: arguments)
        let name = gateway.uppercased()
        program.environment = [
            "DUNLIN_\(name)_SECRET_KEY": SandboxProcess.key, "DUNLIN_\(name)_BASE_URL": sandbox.baseURL,
            "DUNLIN_\(name)_LIMITS_PER_SECOND": "1000", "DUNLIN_\(name)_LIMITS_PER_ENDPOINT_PER_SECOND": "1000",
        ]
        self.program = program
        #expect(try await program.run("init").status == 0)
        try await writeRows(cards: cards, gateway: gateway)
        let imported = try await program.run(
            "import", "customers.csv", "payment_methods.csv", "subscriptions.csv", "--now", Self.start)
        #expect(imported.status == 0, "\(imported.error)")
    }

    /// One pass, this long after the start of the world, which the sandbox's clock follows.
    func pass(after seconds: Int = 0) async throws -> [String: Any] {
        let ended = try await program.run(passArguments(after: seconds))
        #expect(ended.status == 0, "\(ended.output) \(ended.error)")
        return try ended.object()
    }

    func passArguments(after seconds: Int = 0) -> [String] {
        ["run", "--once", "--wait", "0", "--json", "--now", Self.time(after: seconds)]
    }

    static func time(after seconds: Int) -> String {
        let start = (try? Date(start, strategy: .iso8601)) ?? .distantPast
        return start.addingTimeInterval(Double(seconds)).formatted(.iso8601)
    }

    /// What `prove` finds; empty when every promise is kept.
    func brokenPromises() async throws -> String {
        let ended = try await program.run("prove", "--json")
        let proof = try ended.object()
        if ended.status == 0, proof["ok"] as? Bool == true { return "" }
        let promises = (proof["promises"] as? [[String: Any]] ?? []).compactMap { promise -> String? in
            guard let violations = promise["violations"] as? [Any], !violations.isEmpty else { return nil }
            return "\(promise["id"] ?? ""): \(violations)"
        }
        return "status \(ended.status) \(promises.joined(separator: "; ")) \(ended.error)"
    }

    private func writeRows(cards: [String], gateway: String) async throws {
        var customers = "id,gateway,gateway_customer_id,email,name,country,time_zone\n"
        var methods =
            "id,customer_id,gateway_payment_method_id,type,brand,last4,exp_month,exp_year,is_default,is_backup\n"
        var subscriptions =
            "id,customer_id,plan,amount_minor,currency,quantity,interval,interval_count,anchor,time_zone,"
            + "cancel_at_period_end,status\n"
        for (index, card) in cards.enumerated() {
            let customer = try #require(try await sandbox.stripe("/v1/customers")["id"] as? String)
            let attached = try await sandbox.stripe("/v1/payment_methods/\(card)/attach", ["customer": customer])
            let method = try #require(attached["id"] as? String)
            customers += "c\(index),\(gateway),\(customer),c\(index)@example.com,Customer \(index),DE,UTC\n"
            methods += "p\(index),c\(index),\(method),card,visa,4242,12,2034,true,false\n"
            subscriptions += "s\(index),c\(index),pro,1200,EUR,1,month,1,2026-03-01T09:00:00,UTC,false,active\n"
        }
        try program.write(customers, to: "customers.csv")
        try program.write(methods, to: "payment_methods.csv")
        try program.write(subscriptions, to: "subscriptions.csv")
    }
}
