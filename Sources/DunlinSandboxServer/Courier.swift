import DunlinSandbox
import Synchronization

/// Carries webhook deliveries out as they fall due.
///
/// A slow receiver holds nobody else up: deliveries do not wait for each other until very many are on their way.
final class Courier: Sendable {
    /// How often it looks; deliveries come from requests, which do not wake it.
    private static let pauseMilliseconds: Int64 = 20
    /// From this many deliveries on their way on, no more are taken.
    private static let inFlightMax = 64

    private let sandbox: Sandbox
    private let clock: SandboxServerOptions.Clock
    private let surroundings: SandboxSurroundings
    private let journal: Journal?
    private let inFlight = Mutex(0)

    init(
        sandbox: Sandbox, clock: SandboxServerOptions.Clock, surroundings: SandboxSurroundings, journal: Journal?
    ) {
        self.sandbox = sandbox
        self.clock = clock
        self.surroundings = surroundings
        self.journal = journal
    }

    /// Runs until its task is canceled.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for delivery in takeDue() { group.addTask { await self.carry(delivery) } }
                try await surroundings.sleep(Self.pauseMilliseconds)
            }
        }
    }

    private var now: Int64 { clock == .real ? surroundings.now() : sandbox.now }

    private func takeDue() -> [WebhookDelivery] {
        guard inFlight.withLock({ $0 < Self.inFlightMax }), let next = sandbox.nextDeliveryDue, next <= now else {
            return []
        }
        let due = journal?.takeDue(from: sandbox, at: now) ?? sandbox.dueDeliveries(at: now)
        inFlight.withLock { $0 += due.count }
        return due
    }

    private func carry(_ delivery: WebhookDelivery) async {
        let status = await surroundings.deliver(delivery)
        inFlight.withLock { $0 -= 1 }
        guard let journal else { return sandbox.recordDelivery(delivery.id, status: status, at: now) }
        journal.recordDelivery(delivery.id, status: status, at: now, in: sandbox)
    }
}
