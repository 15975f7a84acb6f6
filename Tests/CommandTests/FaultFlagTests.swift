import ArgumentParser
import DunlinSandbox
import DunlinSandboxServer
import Testing

@testable import dunlin

struct FaultFlagTests {
    @Test func aFaultOfTheSandboxIsAKindAndHowOftenItStrikes() throws {
        let always = try FaultRule.argument("drop_after")
        #expect(always.kind == .dropAfter)
        #expect(always.frequency == .every)
        #expect(always.method == "POST")
        #expect(try FaultRule.argument("error_before:first").frequency == .firstOfEach)
        #expect(try FaultRule.argument("html_after:20000").frequency == .perMillion(20_000))
    }

    private func options(_ arguments: String...) throws -> SandboxServerOptions {
        let command = try SandboxCommand.parse(arguments)
        return command.options
    }

    @Test func usualStandsForWhatToExpectInTheField() throws {
        let options = try options("--fault", "usual", "--fault", "latency", "--webhook-fault", "usual").sandbox
        #expect(options.faults == FaultRule.usual + [try FaultRule.argument("latency")])
        #expect(options.webhookFaults == .usual)
    }

    @Test func theFlagsOfTheCommandReachTheSandbox() throws {
        let options = try options(
            "--host", "0.0.0.0", "--horizon-days", "90", "--search-lag", "60", "--no-events", "--webhook-fault",
            "usual",
            "--webhook-fault", "doubled:500000", "--statistic", "credit_decline:80000", "--stripe-webhook-secret",
            "whsec_a", "--wooshpay-webhook-secret", "whsec_b")
        #expect(options.host == "0.0.0.0")
        #expect(options.sandbox.horizonMilliseconds == 7_776_000_000)
        #expect(options.sandbox.searchLagMilliseconds == 60_000)
        #expect(!options.sandbox.makesEvents)
        #expect(options.sandbox.webhookFaults.doubled == 500_000)
        #expect(options.sandbox.webhookFaults.lost == WebhookFaults.usual.lost)
        #expect(options.sandbox.profile.creditDecline == 80_000)
        #expect(options.sandbox.stripeWebhookSecret == "whsec_a")
        #expect(options.sandbox.wooshpayWebhookSecret == "whsec_b")
        let plain = try self.options().sandbox
        #expect(plain.horizonMilliseconds == nil)
        #expect(plain.makesEvents)
        #expect(plain.webhookFaults == WebhookFaults())
        #expect(plain.faults.isEmpty)
    }

    @Test(arguments: [
        ["--webhook-fault", "stolen:1"], ["--webhook-fault", "lost"], ["--webhook-fault", "lost:1000001"],
        ["--statistic", "lost:1"], ["--statistic", "funds:-1"], ["--horizon-days", "0"], ["--search-lag", "-1"],
        ["--search-lag", "90000"],
    ])
    func aFlagThatMakesNoSenseIsRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try SandboxCommand.parse(arguments) }
    }

    @Test(arguments: ["", "explode", "drop_after:", "drop_after:often", "drop_after:1000001"])
    func whatIsNoFaultIsRefused(text: String) {
        #expect(throws: (any Error).self) { try FaultRule.argument(text) }
    }
}
