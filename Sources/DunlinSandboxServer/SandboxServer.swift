public import DunlinSandbox
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import ServiceLifecycle

/// The sandbox over HTTP.
///
/// Runs until its task is canceled or the service group around it shuts down.
public struct SandboxServer: Sendable {
    public let sandbox: Sandbox
    private let options: SandboxServerOptions
    private let surroundings: SandboxSurroundings
    private let logger: Logger
    private let journal: Journal?
    private let onListening: @Sendable (SandboxAddress) async -> Void

    /// - Parameter onListening: called once, when every port is bound.
    /// - Throws: `SandboxServerError` where the state file cannot be read or belongs to another seed.
    public init(
        _ options: SandboxServerOptions, surroundings: SandboxSurroundings, logger: Logger,
        onListening: @escaping @Sendable (SandboxAddress) async -> Void
    ) throws(SandboxServerError) {
        self.options = options
        self.surroundings = surroundings
        self.logger = logger
        self.onListening = onListening
        var sandboxOptions = options.sandbox
        switch options.clock {
        case .real: sandboxOptions.start = surroundings.now()
        case .virtual(let start): sandboxOptions.start = start
        }
        if let path = options.stateFile {
            let opened = try Journal.open(path, options: sandboxOptions)
            journal = opened.journal
            sandbox = opened.sandbox
        } else {
            journal = nil
            sandbox = Sandbox(sandboxOptions)
        }
    }

    /// Listens and delivers webhooks until it is told to stop.
    ///
    /// - Throws: what the system says when a port cannot be bound.
    public func run() async throws {
        let ports = BoundPorts(expected: options.wooshpayPort == nil ? 1 : 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let desk = Desk(sandbox, journal: journal)
            group.addTask { try await serve(port: options.port, dialect: nil, desk, ports) }
            if let port = options.wooshpayPort {
                group.addTask { try await serve(port: port, dialect: .wooshpay, desk, ports) }
            }
            group.addTask {
                guard let bound = await ports.all() else { return }
                await announce(bound)
                let courier = Courier(
                    sandbox: sandbox, clock: options.clock, surroundings: surroundings, journal: journal)
                do { try await courier.run() } catch is CancellationError {}
            }
            // The first part that ends ends the others; what a part failed with is thrown, whichever ended first.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func announce(_ ports: [SandboxDialect?: Int]) async {
        guard let port = ports[nil] else { return }
        let baseURL = "http://\(options.host):\(port)"
        sandbox.setBaseURL(baseURL)
        await onListening(
            SandboxAddress(
                baseURL: baseURL,
                wooshpayBaseURL: ports[SandboxDialect.wooshpay].map { "http://\(options.host):\($0)" },
                stripeWebhookSecret: sandbox.stripeWebhookSecret,
                wooshpayWebhookSecret: sandbox.wooshpayWebhookSecret))
    }

    private func serve(port: Int, dialect: SandboxDialect?, _ desk: Desk, _ ports: BoundPorts) async throws {
        let exchange = Exchange(
            desk: desk, dialect: dialect, clock: options.clock, surroundings: surroundings)
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname(options.host, port: port), serverName: nil),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger,
            responder: { request, writer, _ in try await exchange.answer(request, writer) },
            onServerRunning: { channel in await ports.bound(dialect, channel.localAddress?.port ?? port) })
        do {
            try await server.run()
        } catch {
            await ports.giveUp()
            throw error
        }
        await ports.giveUp()
    }
}

/// Collects the ports as they are bound, so that the address is told once and whole.
private actor BoundPorts {
    private let expected: Int
    private var ports: [SandboxDialect?: Int] = [:]
    private var hasGivenUp = false
    private var waiter: CheckedContinuation<Void, Never>?

    init(expected: Int) { self.expected = expected }

    func bound(_ dialect: SandboxDialect?, _ port: Int) {
        ports[dialect] = port
        wake()
    }

    func giveUp() {
        hasGivenUp = true
        wake()
    }

    /// nil where a port could not be bound.
    func all() async -> [SandboxDialect?: Int]? {
        if ports.count < expected, !hasGivenUp { await withCheckedContinuation { waiter = $0 } }
        return ports.count == expected ? ports : nil
    }

    private func wake() {
        guard ports.count == expected || hasGivenUp else { return }
        waiter?.resume()
        waiter = nil
    }
}
