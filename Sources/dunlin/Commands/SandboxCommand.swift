import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinSandbox
import DunlinSandboxServer
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// `dunlin sandbox`: a gateway to develop against, on this machine, with test cards and no money.
struct SandboxCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a gateway to develop against: Stripe's and WooshPay's protocols, no money.",
        discussion: """
            Answers in Stripe's protocol and, for JSON bodies, in WooshPay's. With --json the first line on standard
            output says where it listens. What was charged: GET /_sandbox/audit. Everything else: docs/sandbox.md.

            Examples:
              dunlin sandbox
              dunlin sandbox --port 0 --json --seed 7 --clock virtual --start 2026-01-01T00:00:00Z
              dunlin sandbox --fault drop_after:first --ignore-idempotency-keys
              dunlin sandbox --fault usual --webhook-fault usual --horizon-days 90
            """)

    enum ClockKind: String, ExpressibleByArgument, CaseIterable {
        case real, virtual
    }

    @Option(help: .init("Port; 0 for any free one.", valueName: "port"))
    var port = 8459

    @Option(help: .init("Listen there; there is no guard, so keep it to yourself.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: .init("Another port, where everything is WooshPay's.", valueName: "port"))
    var wooshpayPort: Int?

    @Option(help: .init("Decides every id and every draw.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(name: .customLong("state"), help: .init("Keep the state in this file over restarts.", valueName: "file"))
    var stateFile: String?

    @Option(help: .init("real follows this machine; virtual stands until POST /_sandbox/clock.", valueName: "kind"))
    var clock = ClockKind.real

    @Option(
        help: .init("What the virtual clock shows first, RFC 3339.", valueName: "time"),
        transform: { try Instant(rfc3339: $0).orRefuse("expects a time such as 2026-01-01T00:00:00Z") })
    var start: Instant?

    @Option(
        name: .customLong("key"),
        help: .init("Take only this key; repeatable. Any test key otherwise.", valueName: "key"))
    var keys: [String] = []

    @Option(help: .init("Send Stripe's events there; repeatable.", valueName: "url"))
    var stripeWebhook: [String] = []

    @Option(help: .init("Send WooshPay's events there; repeatable.", valueName: "url"))
    var wooshpayWebhook: [String] = []

    @Option(help: .init("Secret of the first Stripe endpoint; by the seed otherwise.", valueName: "secret"))
    var stripeWebhookSecret: String?

    @Option(help: .init("Secret of the first WooshPay endpoint; by the seed otherwise.", valueName: "secret"))
    var wooshpayWebhookSecret: String?

    @Flag(name: .customLong("no-events"), help: "Make no events and no webhooks: saves memory.")
    var makesNoEvents = false

    @Option(
        help: .init("Forget finished objects that are older; the audit keeps its counts.", valueName: "days"))
    var horizonDays: Int?

    @Option(help: .init("How long Stripe's search does not see a new object.", valueName: "seconds"))
    var searchLag: Int?

    @Flag(help: "Take every request as new, whatever its idempotency key.")
    var ignoreIdempotencyKeys = false

    @Option(
        help: .init(
            "Oddities of WooshPay's samples, by comma: \(WooshPayQuirks.names.joined(separator: ", ")).",
            valueName: "names"),
        transform: { text in
            try WooshPayQuirks(names: text.split(separator: ",").map(String.init)).orRefuse("has an unknown name")
        })
    var wooshpayQuirks: WooshPayQuirks?

    @Option(
        name: .customLong("fault"),
        help: .init(
            "What goes wrong with POSTs: KIND, KIND:first (once per operation) or KIND:RATE (in a million); repeatable. "
                + "usual is what to expect in the field. "
                + "Kinds: \(FaultRule.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "fault"),
        transform: { try FaultRule.arguments($0) })
    var faults: [[FaultRule]] = []

    @Option(
        name: .customLong("webhook-fault"),
        help: .init(
            "What goes wrong with webhooks: NAME:RATE (in a million); repeatable. usual is what to expect in the field. "
                + "Names: \(WebhookFaults.names.joined(separator: ", ")).",
            valueName: "fault"),
        transform: { try WebhookFaultArgument($0) })
    var webhookFaults: [WebhookFaultArgument] = []

    @Option(
        name: .customLong("statistic"),
        help: .init(
            "A figure of the statistical cards, NAME:NUMBER (in a million); repeatable. "
                + "Names: \(StatisticalProfile.names.joined(separator: ", ")).",
            valueName: "figure"),
        transform: { try StatisticArgument($0) })
    var statistics: [StatisticArgument] = []

    @Flag(help: "Limit requests as Stripe documents it.")
    var rateLimits = false

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        for port in [port, wooshpayPort ?? 0] where !(0...65_535).contains(port) {
            throw ValidationError("a port is a number from 0 to 65535")
        }
        if let horizonDays, !(1...36_500).contains(horizonDays) {
            throw ValidationError("--horizon-days takes 1 to 36500")
        }
        if let searchLag, !(0...86_400).contains(searchLag) {
            throw ValidationError("--search-lag takes 0 to 86400 seconds")
        }
        if start != nil, clock == .real { throw ValidationError("--start goes with --clock virtual") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        // No settings are read here that would set it.
        let level = global.logLevel.flatMap { Logger.Level(rawValue: $0.rawValue) } ?? .info
        LineLogHandler.setLevel(global.quiet ? max(level, .error) : level)
        let courier = LiveTransport()
        let surroundings = SandboxSurroundings(
            now: { context.clock.now().milliseconds }, sleep: context.clock.sleep(milliseconds:),
            deliver: { await Self.post($0, by: courier) })
        let server = try SandboxServer(options, surroundings: surroundings, logger: context.log) { address in
            Self.announce(address, context.output)
        }
        let group = ServiceGroup(
            services: [RunningSandbox(server: server)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: context.log)
        do {
            try await group.run()
        } catch {
            try await courier.shutdown()
            throw told(error)
        }
        try await courier.shutdown()
        return .done
    }

    var options: SandboxServerOptions {
        var options = SandboxServerOptions()
        options.host = host
        options.port = port
        options.wooshpayPort = wooshpayPort
        options.stateFile = stateFile
        options.clock = clock == .real ? .real : .virtual(start: start?.milliseconds ?? SandboxOptions.defaultStart)
        options.sandbox.seed = seed
        options.sandbox.keys = keys
        options.sandbox.stripeWebhookURLs = stripeWebhook
        options.sandbox.wooshpayWebhookURLs = wooshpayWebhook
        options.sandbox.ignoresIdempotencyKeys = ignoreIdempotencyKeys
        options.sandbox.quirks = wooshpayQuirks ?? WooshPayQuirks()
        options.sandbox.faults = faults.flatMap(\.self)
        for fault in webhookFaults { fault.apply(to: &options.sandbox.webhookFaults) }
        for figure in statistics { figure.apply(to: &options.sandbox.profile) }
        options.sandbox.stripeWebhookSecret = stripeWebhookSecret
        options.sandbox.wooshpayWebhookSecret = wooshpayWebhookSecret
        options.sandbox.makesEvents = !makesNoEvents
        options.sandbox.horizonMilliseconds = horizonDays.map { Int64($0) * 86_400_000 }
        if let searchLag { options.sandbox.searchLagMilliseconds = Int64(searchLag) * 1000 }
        options.sandbox.rateLimits = rateLimits ? RateLimits() : nil
        return options
    }

    /// What the system says of an address where nobody can listen, in words.
    private func told(_ error: any Error) -> any Error {
        let ports = [port, wooshpayPort].compactMap { $0.map(String.init) }.joined(separator: " or ")
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            return CommandFailure(.badInput, "port \(ports) is taken: give another, or 0 for any free one")
        case is IOError, is SocketAddressError, is SocketAddressError.UnknownHost:
            return CommandFailure(
                .badInput, "nothing can listen at \(host), port \(ports): give another --host or --port")
        default: return error
        }
    }

    private static func announce(_ address: SandboxAddress, _ output: Output) {
        if output.isJSON { StandardStreams.writeOutput(address.json + "\n") }
        let wooshpay = address.wooshpayBaseURL ?? address.baseURL
        output.show(lines: [
            "The sandbox listens at \(address.baseURL). In another shell:",
            "  export DUNLIN_STRIPE_BASE_URL=\(address.baseURL) DUNLIN_STRIPE_SECRET_KEY=sk_test_sandbox0123456789",
            "  export DUNLIN_STRIPE_WEBHOOK_SECRET=\(address.stripeWebhookSecret)",
            "  export DUNLIN_WOOSHPAY_BASE_URL=\(wooshpay) DUNLIN_WOOSHPAY_SECRET_KEY=sk_test_sandbox0123456789",
            "  export DUNLIN_WOOSHPAY_WEBHOOK_SECRET=\(address.wooshpayWebhookSecret)",
            "What was charged: \(address.baseURL)/_sandbox/audit. Stop with Ctrl-C.",
        ])
    }

    private static func post(_ delivery: WebhookDelivery, by transport: LiveTransport) async -> Int? {
        let request = HTTPRequest(
            method: "POST", url: delivery.url, headers: delivery.headers.map { HTTPHeader($0.name, $0.value) },
            body: delivery.body)
        do {
            return try await transport.send(request, totalTimeoutMilliseconds: 20_000, deadline: .none).status
        } catch {
            return nil
        }
    }
}

/// The sandbox as a part of the process that signals end in order.
private struct RunningSandbox: Service, CustomStringConvertible {
    let server: SandboxServer

    var description: String { "sandbox" }

    func run() async throws { try await server.run() }
}
