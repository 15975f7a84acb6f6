import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox

/// Judges every request as it leaves: is what it rests on on the disk, and does nothing forbid it.
///
/// What a promise forbids "from then on" is held against requests once a lease has passed: what was on its way when the
/// debt ended may still arrive.
final class WireJudge: @unchecked Sendable {
    /// A lease and the time-out of a request.
    static let leaseMilliseconds: Int64 = 240_000
    /// Machines' clocks may differ by so much before the clock guard holds them back.
    private static let skewMilliseconds: Int64 = 300_000
    /// The circuit opens with this one.
    private static let unknownsMax = 5

    /// What is known of a request that may have moved money.
    private struct Sent {
        var at: Instant
        var askedSince = true
    }

    private struct OnWire {
        var process: SimulatedProcess
        var reference: String
    }

    private var sent: [String: Sent] = [:]
    private var onWire: [String: OnWire] = [:]
    private var unanswered: [String: Int] = [:]
    private let refunds = RefundWatch()
    /// The debts of which a charge left while a circuit was open, by when it was opened.
    private var inOutage: [Instant: Set<String>] = [:]

    /// What the ledger says about a charge that leaves.
    private struct Row {
        var attemptState: Attempt.State
        /// The intent's, as stored.
        var gatewayID: String?
        var hasSettleJob: Bool
        var endedAt: Instant?
        var sendBy: Instant
        var subscriptionID: String
        var customerID: String
        var gatewayCustomerID: String
        var gatewayMethodID: String
        var invoiceState: String
        var debtEndedAt: Instant?
        var stoppedAt: Instant?
        var circuitOpenedAt: Instant?
        var unknownsInARow: Int
        var isOnSession: Bool
        var invoiceID: Int64
        /// By hand: the subscription, the invoice.
        var hold: String?
        var waitsFor: String?
    }

    // MARK: - Leaving

    func leaves(_ wire: WireRequest, _ process: SimulatedProcess, _ world: World) async {
        guard wire.operation.isMoney else { return }
        if wire.operation == .refund { return await refunds.leaves(wire, world) }
        guard let debt = wire.debt else {
            return world.violate("wire", "charge_without_name", "a charge left without a name: \(wire.text)")
        }
        let row: Row?
        do {
            row = try await world.office().read { tx in try Self.row(debt.reference, debt.attempt, tx) }
        } catch {
            return world.violate("wire", "unreadable", "\(error)")
        }
        guard let row else {
            return world.violate(
                "wire", "sent_without_row", "a charge left that no row names (P3): \(wire.text)")
        }
        await forgetSettled(ofCustomer: row.customerID, world)
        check(wire, row, process, world)
        begin(wire, debt.reference, row, process, world)
    }

    /// A charge whose lease has run out while it is on its way, or by another clock, may be read and settled, and is unknown
    /// else: either way it holds up its own debt only (rule 35).
    private func forgetSettled(ofCustomer customer: String, _ world: World) async {
        guard let other = onWire[customer] else { return }
        let isInFlight = try? await world.office().read { tx in
            try tx.value(
                """
                SELECT EXISTS (SELECT 1 FROM intents t JOIN attempts a ON a.intent_id = t.id
                    WHERE t.reference = ?1 AND a.ended_at IS NULL AND EXISTS (
                        SELECT 1 FROM jobs j WHERE j.state = 'running' AND j.arguments IN (
                            '{"invoice":' || t.invoice_id || '}', '{"attempt":' || a.id || '}')))
                """, other.reference, as: Bool.self)
        }
        if isInFlight == false { onWire[customer] = nil }
    }

    private func check(_ wire: WireRequest, _ row: Row, _ process: SimulatedProcess, _ world: World) {
        let longAgo = world.now.adding(milliseconds: -Self.leaseMilliseconds - Self.skewMilliseconds)
        if row.attemptState == .succeeded, let ended = row.endedAt, ended < longAgo {
            world.violate("wire", "sent_after_end", "a charge left for an attempt that has ended: \(wire.text)")
        }
        if wire.operation != .create, process.wallNow > row.sendBy {
            world.violate("wire", "sent_after_lease", "a charge left after its lease (rule 10): \(wire.text)")
        }
        if row.invoiceState != "open", let ended = row.debtEndedAt, ended < longAgo {
            world.violate("wire", "sent_for_ended_debt", "a charge left for a debt that had ended (P7): \(wire.text)")
        }
        if let since = world.unwished[row.subscriptionID], wire.operation != .create,
            since < world.now.adding(milliseconds: -Self.leaseMilliseconds)
        {
            world.violate(
                "wire", "charged_against_wish",
                "\(row.subscriptionID) was canceled or paused at \(since.rfc3339Seconds) (rule 19): \(wire.text)")
        }
        if wire.operation != .create, let since = heldSince(row, world),
            since < world.now.adding(milliseconds: -Self.leaseMilliseconds)
        {
            world.violate(
                "wire", "charged_while_held",
                "invoice \(row.invoiceID) was held by hand at \(since.rfc3339Seconds) (rule 18): \(wire.text)")
        }
        if let since = world.stoppedSince[wire.kind.rawValue], row.stoppedAt != nil,
            since < world.now.adding(milliseconds: -Self.leaseMilliseconds)
        {
            world.violate(
                "wire", "charged_while_stopped",
                "charging was stopped at \(since.rfc3339Seconds) (rule 34): \(wire.text)")
        }
        if let opened = row.circuitOpenedAt, opened < longAgo {
            world.violate("wire", "charged_in_outage", "a charge left while the circuit was open: \(wire.text)")
        }
        checkFootings(wire, row, world)
        checkFrozen(wire, row, world)
        checkOutage(wire, row, world)
    }

    /// When a circuit opens, each slot of each worker may be at one debt; none begins with another one.
    private func checkOutage(_ wire: WireRequest, _ row: Row, _ world: World) {
        guard let opened = row.circuitOpenedAt, !row.isOnSession, let debt = wire.debt else { return }
        inOutage[opened, default: []].insert(debt.reference)
        let slots = world.plan.workers * world.plan.concurrency
        if inOutage[opened, default: []].count > slots {
            world.violate(
                "wire", "begun_in_outage",
                "the circuit was opened at \(opened.rfc3339Seconds), and more than \(slots) debts were charged since "
                    + "(rule 14): \(wire.text)")
        }
    }

    /// What the charge rests on: the id that was read back, a job that asks about it, a gateway that answers.
    private func checkFootings(_ wire: WireRequest, _ row: Row, _ world: World) {
        if wire.operation == .confirm, let stored = row.gatewayID, stored != wire.intentID {
            world.violate(
                "wire", "confirmed_other_id",
                "intent \(stored) is stored, and another one is confirmed (rule 1): \(wire.text)")
        }
        if row.attemptState.isInFlight, !row.hasSettleJob {
            world.violate(
                "wire", "sent_without_settle_job", "a charge left, and no job asks what became of it (P2): \(wire.text)"
            )
        }
        if row.unknownsInARow >= Self.unknownsMax, row.circuitOpenedAt == nil {
            world.violate(
                "wire", "no_circuit",
                "a charge left after \(row.unknownsInARow) unknowns in a row (rule 14): \(wire.text)")
        }
    }

    /// What is sent is what the attempt says, whatever the customer or the owner has changed since.
    private func checkFrozen(_ wire: WireRequest, _ row: Row, _ world: World) {
        guard !row.isOnSession, !wire.words(of: wire.body).contains(row.gatewayMethodID) else { return }
        world.violate(
            "wire", "sent_other_than_frozen",
            "the attempt is on \(row.gatewayMethodID), and the request names another card (rule 4): \(wire.text)")
    }

    private func heldSince(_ row: Row, _ world: World) -> Instant? {
        let subscription = row.hold == nil ? nil : world.holds.subscriptions[row.subscriptionID]
        let invoice = row.waitsFor == "on_hold" ? world.holds.invoices[row.invoiceID] : nil
        return [subscription, invoice].compactMap { $0 }.min()
    }

    private func begin(
        _ wire: WireRequest, _ reference: String, _ row: Row, _ process: SimulatedProcess, _ world: World
    ) {
        if wire.operation != .create, let earlier = sent[wire.key ?? ""], !earlier.askedSince {
            world.violate(
                "wire", "sent_again_without_asking",
                "the same charge left at \(earlier.at.rfc3339Seconds), and nobody has asked since: \(wire.text)")
        }
        if let other = onWire[row.customerID], !other.process.isDead, other.reference != reference {
            world.violate(
                "wire", "two_charges_at_once",
                "\(row.customerID) is charged twice at the same time (rule 35): \(wire.text), \(other.reference)")
        }
        onWire[row.customerID] = OnWire(process: process, reference: reference)
        customers[wire.key ?? ""] = row.customerID
        if wire.operation != .create { sent[wire.key ?? ""] = Sent(at: world.now, askedSince: false) }
        if wire.operation != .create {
            names[wire.intentID ?? row.gatewayCustomerID, default: []].insert(wire.key ?? "")
        }
        references[reference, default: []].insert(wire.key ?? "")
        if wire.operation == .oneCall { names[row.gatewayCustomerID, default: []].insert(wire.key ?? "") }
    }

    /// The customer of a charge, by its key.
    private var customers: [String: String] = [:]
    /// Charges whose fate a read of this intent, or a list of this customer's intents, tells.
    private var names: [String: Set<String>] = [:]
    private var references: [String: Set<String>] = [:]

    // MARK: - Answered or not

    func isAnswered(_ wire: WireRequest, status: Int, _ process: SimulatedProcess, _ world: World) {
        let kind = wire.kind.rawValue
        refunds.isAnswered(wire, status: status, world)
        if wire.operation.isCharge {
            endOfWire(wire, process)
            unanswered[kind] = status >= 500 ? (unanswered[kind] ?? 0) + 1 : 0
            // Turned away before it ran, so that nothing needs to be asked.
            if status == 429 { sent[wire.key ?? ""]?.askedSince = true }
            judgeSilence(kind, world)
        }
        guard wire.operation == .read, status < 500, status != 429 else { return }
        if status == 200 { unanswered[kind] = 0 }
        noteAsked(wire)
    }

    func isLost(_ wire: WireRequest, _ process: SimulatedProcess, _ world: World, isSent: Bool) {
        if wire.operation == .refund, !isSent { refunds.isNotSent(wire) }
        guard wire.operation.isCharge else { return }
        endOfWire(wire, process)
        if !isSent { sent[wire.key ?? ""]?.askedSince = true }
        unanswered[wire.kind.rawValue, default: 0] += 1
        judgeSilence(wire.kind.rawValue, world)
    }

    /// Five unknowns open the circuit; what the workers had begun by then may still follow.
    private func judgeSilence(_ kind: String, _ world: World) {
        let most = 5 + 4 * world.plan.workers * world.plan.concurrency + 12
        if unanswered[kind, default: 0] > most {
            world.violate(
                "wire", "no_circuit", "\(most) charges in a row were not answered by \(kind), and more were sent")
        }
    }

    private func endOfWire(_ wire: WireRequest, _ process: SimulatedProcess) {
        guard let customer = customers[wire.key ?? ""], onWire[customer]?.process === process else { return }
        onWire[customer] = nil
    }

    private func noteAsked(_ wire: WireRequest) {
        if let intent = wire.intentID, intent != "search" {
            for key in names[intent] ?? [] { sent[key]?.askedSince = true }
        }
        if wire.path == "/v1/payment_intents" {
            for word in wire.queryWords {
                for key in names[word] ?? [] { sent[key]?.askedSince = true }
            }
        }
        if wire.path.hasSuffix("/search") {
            for word in wire.queryWords {
                for key in references[word] ?? [] { sent[key]?.askedSince = true }
            }
        }
    }

    /// Another copy of the data file knows nothing of what has left.
    func fileWasReplaced() { refunds.forget() }

    // MARK: - After every pass

    /// Whoever noted the fifth unknown in a row has opened the circuit.
    func passEnded(_ world: World) async throws {
        let gateway: String? = try await world.office().read { tx in
            try tx.value(
                "SELECT MIN(gateway) FROM gateway_state WHERE unknowns_in_a_row >= ?1 AND circuit_opened_at IS NULL",
                Self.unknownsMax)
        }
        guard let gateway else { return }
        world.violate(
            "wire", "no_circuit", "\(Self.unknownsMax) unknowns in a row, and more may be sent to \(gateway) (rule 14)")
    }

    // MARK: - After every step

    /// The gateway's own count, which nothing of ours can talk its way around.
    func checkAudit(_ world: World) {
        guard let double = world.sandbox.doubleCharges.first else { return }
        world.violate(
            "audit", "charged_twice",
            "\(double.period.subscription), period \(double.period.period): \(double.intentIDs.joined(separator: ", "))"
        )
    }

    // MARK: - The ledger

    private static func row(_ reference: String, _ number: Int, _ tx: Transaction) throws -> Row? {
        try tx.row(
            """
            SELECT a.state AS attempt_state, a.ended_at AS ended_at, a.send_by AS send_by,
                a.gateway_customer_id AS gateway_customer_id, a.gateway_payment_method_id AS gateway_method_id,
                i.subscription_id AS subscription_id, i.customer_id AS customer_id, i.state AS invoice_state,
                (SELECT MIN(e.recorded_at) FROM activity e WHERE e.invoice_id = i.id AND e.kind = 'debt_ended')
                    AS debt_ended_at,
                g.stopped_at AS stopped_at, g.circuit_opened_at AS circuit_opened_at, i.id AS invoice_id,
                i.waits_for AS waits_for, a.is_on_session AS is_on_session, g.unknowns_in_a_row AS unknowns,
                t.gateway_id AS gateway_id,
                EXISTS (SELECT 1 FROM jobs j WHERE j.unique_key = 'settle-attempt/' || a.id
                    AND j.state IN ('ready', 'running')) AS has_settle_job,
                (SELECT b.hold FROM billing_state b WHERE b.subscription_id = i.subscription_id) AS hold
            FROM intents t JOIN attempts a ON a.intent_id = t.id AND a.number = ?2
            JOIN invoices i ON i.id = t.invoice_id JOIN gateway_state g ON g.gateway = a.gateway
            WHERE t.reference = ?1
            """, reference, number
        ) { row in
            Row(
                attemptState: try row.get("attempt_state"), gatewayID: try row.get("gateway_id"),
                hasSettleJob: try row.get("has_settle_job"), endedAt: try row.get("ended_at"),
                sendBy: try row.get("send_by"), subscriptionID: try row.get("subscription_id"),
                customerID: try row.get("customer_id"), gatewayCustomerID: try row.get("gateway_customer_id"),
                gatewayMethodID: try row.get("gateway_method_id"), invoiceState: try row.get("invoice_state"),
                debtEndedAt: try row.get("debt_ended_at"),
                stoppedAt: try row.get("stopped_at"), circuitOpenedAt: try row.get("circuit_opened_at"),
                unknownsInARow: try row.get("unknowns"), isOnSession: try row.get("is_on_session"),
                invoiceID: try row.get("invoice_id"), hold: try row.get("hold"), waitsFor: try row.get("waits_for"))
        }
    }
}
