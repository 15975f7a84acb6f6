import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// Judges refunds as they leave: a row names each (P3), charging is not stopped, no more goes back than was collected, and
/// one that may have moved money is not sent again before two reads ten minutes apart have shown that it did not (money.md
/// 8, 24, 34).
///
/// Used on the simulator's thread only.
final class RefundWatch: @unchecked Sendable {
    private static let millisecondsBetweenReads: Int64 = 600_000
    /// Two machines, each by its own clock, may count so much less: a clock that is further off holds its pass back.
    private static let skewMilliseconds: Int64 = 450_000

    /// A refund whose answer nobody has.
    private struct Sent {
        var at: Instant
        var intentID: String?
        /// When the gateway showed the intent's refunds since.
        var reads: [Instant] = []
    }

    private var sent: [String: Sent] = [:]

    /// The data file is an earlier copy, which knows nothing of what has left.
    func forget() { sent = [:] }

    func leaves(_ wire: WireRequest, _ world: World) async {
        let key = wire.key ?? ""
        guard let row = await row(key, world), row.state == "sending" || row.state == "unknown" else {
            return world.violate("wire", "sent_without_row", "a refund left that no row names (P3): \(wire.text)")
        }
        if row.isTooMuch, !world.wasRestored {
            world.violate(
                "wire", "refunded_too_much", "more goes back than was collected (rule 24): \(wire.text)")
        }
        // What had left its machine when charging was stopped may still arrive.
        if row.isStopped, let since = world.stoppedSince[wire.kind.rawValue],
            since < world.now.adding(milliseconds: -WireJudge.leaseMilliseconds)
        {
            world.violate(
                "wire", "refunded_while_stopped",
                "charging was stopped at \(since.rfc3339Seconds) (rule 34): \(wire.text)")
        }
        if let earlier = sent[key], !isProven(earlier, world) {
            world.violate(
                "wire", "refund_sent_again",
                "the same refund left at \(earlier.at.rfc3339Seconds) and was not answered (rule 24): \(wire.text)")
        }
        let intentID = wire.words(of: wire.body).first { $0.hasPrefix("pi_") }
        sent[key] = Sent(at: world.now, intentID: intentID)
    }

    private func row(
        _ reference: String, _ world: World
    ) async -> (state: String, isTooMuch: Bool, isStopped: Bool)? {
        let row = try? await world.office().read { tx in
            try tx.row(
                """
                SELECT r.state AS state, g.stopped_at IS NOT NULL AS is_stopped, t.amount_minor < (
                    SELECT SUM(o.amount_minor) FROM refunds o
                    WHERE o.intent_id = t.id AND o.state NOT IN ('failed', 'refused')) AS is_too_much
                FROM refunds r JOIN intents t ON t.id = r.intent_id JOIN gateway_state g ON g.gateway = t.gateway
                WHERE r.reference = ?1
                """, reference
            ) { row in
                (
                    state: try row.get("state", as: String.self), isTooMuch: try row.get("is_too_much", as: Bool.self),
                    isStopped: try row.get("is_stopped", as: Bool.self)
                )
            }
        }
        return row ?? nil
    }

    private func isProven(_ earlier: Sent, _ world: World) -> Bool {
        guard let first = earlier.reads.first, let last = earlier.reads.last else { return false }
        let isSkewed = world.plan.has(.clockSkew) || world.plan.has(.clockJump)
        let skew = isSkewed ? Self.skewMilliseconds : 0
        return last.milliseconds(since: first) >= Self.millisecondsBetweenReads - skew
    }

    func isAnswered(_ wire: WireRequest, status: Int, _ world: World) {
        if wire.operation == .refund, status < 500 { return isNotSent(wire) }
        guard wire.operation == .read, status == 200, wire.path.hasPrefix("/v1/refunds"), !sent.isEmpty else { return }
        let words = Set(wire.queryWords)
        for (key, refund) in sent where refund.intentID.map(words.contains) == true {
            sent[key]?.reads.append(world.now)
        }
    }

    func isNotSent(_ wire: WireRequest) { sent[wire.key ?? ""] = nil }
}
