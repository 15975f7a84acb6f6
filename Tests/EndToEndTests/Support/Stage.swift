import DunlinSandbox
import Testing

/// A sandbox whose requests can be held, and a site that is billed there.
struct Stage: Sendable {
    let model: SandboxModel
    let server: GatewayServer
    let site: Site
    let gateway: GatewayName

    /// - Parameters:
    ///   - cards: one customer with one subscription for each.
    ///   - isLate: the periods came due a day before the first pass, so that the gateway is asked first.
    init(
        _ gateway: GatewayName = .stripe, cards: [String] = ["pm_card_visa", "pm_card_visa"],
        isLate: Bool = false, settings: [String: String] = [:], _ adjust: (inout SandboxOptions) -> Void = { _ in }
    ) async throws {
        self.gateway = gateway
        let model = SandboxModel(adjust)
        self.model = model
        server = try await GatewayServer { model.answer($0) }
        site = try Site([gateway: server.baseURL], settings: settings)
        let rows = try cards.enumerated().map { index, card in
            SampleSubscription(
                card: try model.save(card: card), gateway: gateway, amountMinor: 1200 + index,
                anchor: isLate ? "2026-02-28T09:00:00" : "2026-03-01T09:00:00", billFrom: isLate ? "anchor" : "")
        }
        try await site.open(rows)
    }

    var audit: SandboxAudit { model.sandbox.audit }

    /// The gateway collected each of these debts exactly once, the ledger says so too, and no promise is broken.
    func expectsEachCollectedOnce(_ count: Int) async throws {
        let audit = audit
        #expect(audit.successes == count)
        #expect(audit.doubles.isEmpty)
        #expect(audit.doubledReferences.isEmpty)
        #expect(try await site.invoices("paid") == count)
        try await site.prove()
    }
}
