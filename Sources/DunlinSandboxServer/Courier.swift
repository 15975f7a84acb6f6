import DunlinSandbox

/// Carries webhook deliveries out as they fall due.
struct Courier: Sendable {
    /// How often it looks; deliveries come from requests, which do not wake it.
    private static let pauseMilliseconds: Int64 = 20
    /// Deliveries on their way at the same time.
    private static let concurrencyMax = 16

    let sandbox: Sandbox
    let clock: SandboxServerOptions.Clock
    let surroundings: SandboxSurroundings
    let journal: Journal?

    /// Runs until its task is canceled.
    func run() async throws {
        while !Task.isCancelled {
            let due = takeDue()
            await withTaskGroup(of: Void.self) { group in
                for (index, delivery) in due.enumerated() {
                    if index >= Self.concurrencyMax { await group.next() }
                    group.addTask { await carry(delivery) }
                }
            }
            if due.isEmpty { try await surroundings.sleep(Self.pauseMilliseconds) }
        }
    }

    private var now: Int64 { clock == .real ? surroundings.now() : sandbox.now }

    private func takeDue() -> [WebhookDelivery] {
        guard let next = sandbox.nextDeliveryDue, next <= now else { return [] }
        return journal?.takeDue(from: sandbox, at: now) ?? sandbox.dueDeliveries(at: now)
    }

    private func carry(_ delivery: WebhookDelivery) async {
        let status = await surroundings.deliver(delivery)
        guard let journal else { return sandbox.recordDelivery(delivery.id, status: status, at: now) }
        journal.recordDelivery(delivery.id, status: status, at: now, in: sandbox)
    }
}
