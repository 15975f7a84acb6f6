import DunlinSandbox
import Foundation
import Testing

/// A customer opens the link of a debt in a real browser, passes the bank's challenge, and the debt is paid once.
@Suite(
    .fewAtOnce, .timeLimit(.minutes(5)),
    .enabled("needs a Chromium: apt-get install chromium-headless-shell") { Customer.browser != nil },
    .enabled("needs python3") { Customer.python != nil })
struct RecoveryLinkTests {
    /// A site with one debt, and the address of its pages.
    private struct Shop: Sendable {
        let stage: Stage
        let port: Int

        /// - Parameter answers: what the card's bank says at first.
        init(_ gateway: GatewayName, card: String, answers: [String?] = []) async throws {
            port = FixedPort.take()
            stage = try await Stage(
                gateway, cards: [card],
                settings: [
                    "DUNLIN_LISTEN_PUBLIC": "127.0.0.1:\(port)", "DUNLIN_WORKER_POLL_SECONDS": "1",
                    "DUNLIN_RECOVERY_MERCHANT_NAME": "Bird & Sons",
                ])
            stage.model.sandbox.setBaseURL(stage.server.baseURL)
            if !answers.isEmpty,
                let id = try await stage.site.list("payment-methods").first?["gateway_payment_method_id"]
            {
                stage.model.sandbox.script(paymentMethodID: try #require(id as? String), answers)
            }
            try await stage.site.pass()
        }

        var program: Program { stage.site.program }

        /// From the start of the world to the next try of the schedule.
        func secondsToRetry() async throws -> Int {
            let text = try #require(try await stage.site.list("invoices").first?["next_attempt_at"] as? String)
            return Int(try Date(text, strategy: .iso8601).timeIntervalSince(Date(Dates.after(0), strategy: .iso8601)))
        }

        func link() async throws -> String {
            let ended = try await program.run("invoices", "link", "1", "--json", "--now", Dates.after(60))
            return try #require(try ended.object()["url"] as? String, "\(ended.error)")
        }

        func start(_ command: String, after seconds: Int = 60) async throws -> RunningProgram {
            let running = try program.start([command, "--now", Dates.after(seconds)])
            try await running.logs("public listener started")
            return running
        }

        func customer(_ act: String) async throws -> Customer { try Customer(act, at: try await link(), program) }

        func end(_ running: RunningProgram) async throws {
            running.terminate()
            let ended = try await running.end()
            #expect(ended.status == 0, "\(ended.error)")
            // The address is a key: no log has it.
            #expect(!ended.error.contains("/pay/1."))
        }
    }

    private static let challenged = "pm_card_authenticationRequired"

    @Test(arguments: GatewayName.allCases, ["serve", "run"])
    func theChallengeIsPassedAndTheDebtIsPaidOnce(gateway: GatewayName, command: String) async throws {
        let shop = try await Shop(gateway, card: Self.challenged)
        let running = try await shop.start(command)
        try await shop.customer("pay").done()
        try await shop.end(running)
        try await shop.stage.expectsEachCollectedOnce(1)
    }

    @Test func aChallengeThatFailsCanBeTriedAgain() async throws {
        let shop = try await Shop(.stripe, card: Self.challenged)
        let running = try await shop.start("serve")
        try await shop.customer("fail_then_pay").done()
        try await shop.end(running)
        try await shop.stage.expectsEachCollectedOnce(1)
    }

    @Test(arguments: GatewayName.allCases)
    func theLinkIsOpenedTwice(gateway: GatewayName) async throws {
        let shop = try await Shop(gateway, card: Self.challenged)
        let running = try await shop.start("run")
        try await shop.customer("twice").done()
        try await shop.end(running)
        try await shop.stage.expectsEachCollectedOnce(1)
    }

    /// A pass of another process is at the gateway with the retry of the schedule while the customer presses the button.
    @Test func theRetryOfTheScheduleRunsAtTheSameMoment() async throws {
        let shop = try await Shop(.stripe, card: "pm_card_visa", answers: ["insufficient_funds"])
        let day = try await shop.secondsToRetry() + 60
        let running = try await shop.start("serve", after: day)
        let hold = shop.stage.server.hold(.afterEffect, GatewayRequest.confirm)
        let customer = try await shop.customer("wait")
        try await customer.got("open")
        let pass = try shop.stage.site.start(after: day)
        try await pass.waits(for: hold.reached)
        try customer.goOn()
        try await customer.got("waiting")
        hold.letGo()
        #expect(try await pass.end().status == 0)
        try await customer.done()
        try await shop.end(running)
        try await shop.stage.expectsEachCollectedOnce(1)
    }

    /// The other way round: the customer's payment is at the gateway while a pass takes what is due.
    @Test func aPassWithTheRetryRunsWhileTheCustomerPays() async throws {
        let shop = try await Shop(
            .stripe, card: "pm_card_authenticationRequiredSetupForOffSession", answers: ["insufficient_funds"])
        let day = try await shop.secondsToRetry() + 60
        let running = try await shop.start("serve", after: day)
        let hold = shop.stage.server.hold(.afterEffect, GatewayRequest.confirm)
        let customer = try await shop.customer("pay")
        _ = try await hold.reached.wait()
        let pass = try await shop.stage.site.pass(after: day)
        #expect(pass["attempted"] == 0)
        hold.letGo()
        try await customer.done()
        try await shop.end(running)
        try await shop.stage.expectsEachCollectedOnce(1)
    }

    @Test func aBrowserThatNeverComesBackIsNotNeeded() async throws {
        let shop = try await Shop(.stripe, card: Self.challenged)
        let running = try await shop.start("serve")
        let customer = try await shop.customer("closed")
        try await customer.got("closed")
        try await customer.end()
        try await shop.end(running)
        try await shop.stage.site.settle()
        #expect(shop.stage.audit.doubles.isEmpty)
        #expect(shop.stage.audit.successes <= 1)
        #expect(try await shop.stage.site.invoices("paid") == shop.stage.audit.successes)
        try await shop.stage.site.prove()
    }

    @Test(arguments: GatewayName.allCases)
    func anotherCardIsSavedAndCharged(gateway: GatewayName) async throws {
        let shop = try await Shop(gateway, card: Self.challenged)
        let running = try await shop.start("run")
        try await shop.customer("another_card").done()
        try await shop.end(running)
        try await shop.stage.expectsEachCollectedOnce(1)
    }
}
