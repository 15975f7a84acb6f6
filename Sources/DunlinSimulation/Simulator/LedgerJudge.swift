import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinReports
import DunlinSandbox

/// Holds the ledger against its promises, and against what the gateway has counted.
struct LedgerJudge {
    let world: World

    /// What can be said at any moment. The first thing that is wrong.
    func judge() async throws -> SimulatorViolation? {
        let now = world.now
        let audit = world.sandbox.audit
        if let double = audit.doubles.first {
            return violation("audit", "charged_twice", "\(double.period.subscription) \(double.period.period)")
        }
        if let requests = sentElsewhere() {
            return violation("audit", "sent_to_other_account", "\(requests) reached another account (rule 13)")
        }
        return try await world.office().read { [self] tx in
            if let found = try SettledStates.finding(tx) { return violation("settled", found.rule, found.text) }
            let proof = try Prover.prove(ProofOptions(now: now), tx)
            if let found = proof.promises.first(where: { !$0.violations.isEmpty })?.violations.first {
                return violation("prove", found.rule, found.text)
            }
            return try compare(audit, tx)
        }
    }

    private func violation(_ judge: String, _ rule: String, _ text: String) -> SimulatorViolation {
        SimulatorViolation(judge: judge, rule: rule, text: text, step: world.steps, at: World.text(of: world.now))
    }

    private func sentElsewhere() -> String? {
        world.otherSandbox.audit.requestsByEndpoint.filter { $0.key.hasPrefix("POST") }.map(\.key).min()
    }

    // MARK: - Both sides

    private func compare(_ audit: SandboxAudit, _ tx: Transaction) throws -> SimulatorViolation? {
        let ahead: String? = try tx.value(
            "SELECT MIN(subscription_id) FROM invoices WHERE due_at > ?1", world.now.adding(minutes: 10))
        if let ahead {
            return violation("compare", "invoiced_too_early", "a period of \(ahead) was invoiced before it came due")
        }
        // Their own day may have begun so much before ours.
        let unseen: String? = try tx.value(
            """
            SELECT MIN(i.subscription_id) FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
            WHERE s.bill_from IS NULL AND i.due_at < ?1
            """, World.start.adding(days: -2))
        if let unseen {
            return violation(
                "compare", "billed_before_first_sight",
                "\(unseen) is billed for a day before it was first seen (rule 16)")
        }
        // The newest that came due, and the newest of those that waited for a debt which was settled meanwhile.
        let many: String? = try tx.value(
            "SELECT MIN(subscription_id) FROM invoices GROUP BY subscription_id, invoiced_at HAVING COUNT(*) > 2")
        if let many {
            return violation(
                "compare", "billed_for_missed",
                "\(many) is billed at once for three periods, though missed ones wait for a decision (rule 17)")
        }
        let forged: String? = try tx.value("SELECT MIN(event_id) FROM events WHERE event_id LIKE 'evt_forged%'")
        if let forged {
            return violation("compare", "forged_event", "\(forged) was stored, and it was not signed")
        }
        if let parked = try tx.value(
            "SELECT MIN(subscription_id || ': ' || parked_reason) FROM billing_state WHERE state = 'parked'",
            as: String.self)
        {
            return violation("compare", "parked", "a row that nothing is wrong with was parked: \(parked)")
        }
        if let found = try paidWithoutMoney(audit, tx) { return found }
        if let found = try succeededElsewhere(audit, tx) { return found }
        return try declinedTooOften(audit, tx)
    }

    private func paidWithoutMoney(_ audit: SandboxAudit, _ tx: Transaction) throws -> SimulatorViolation? {
        var found: SimulatorViolation?
        try tx.forEach(
            """
            SELECT i.subscription_id AS subscription_id, i.period_start AS period_start, i.id AS id,
                i.collected_minor AS collected
            FROM invoices i WHERE EXISTS (
                SELECT 1 FROM intents t WHERE t.invoice_id = i.id AND t.status = 'succeeded') ORDER BY i.id
            """
        ) { row in
            let period = SandboxAudit.Period(
                subscription: try row.get("subscription_id"), period: try row.get("period_start"))
            let collected: Int64 = try row.get("collected")
            let seen = audit.collectedByPeriod[period] ?? 0
            // Some currencies have other units at the gateway.
            guard found == nil, ![seen, 100 * seen, seen / 100].contains(collected) || seen == 0 else { return }
            found = violation(
                "compare", "paid_without_money",
                "invoice \(try row.get("id", as: Int64.self)) counts \(collected), the gateway collected \(seen) for it"
            )
        }
        return found
    }

    /// The intent that counts as collected is the one that the gateway collected.
    private func succeededElsewhere(_ audit: SandboxAudit, _ tx: Transaction) throws -> SimulatorViolation? {
        var found: SimulatorViolation?
        try tx.forEach(
            """
            SELECT i.subscription_id AS subscription_id, i.period_start AS period_start, t.gateway_id AS gateway_id
            FROM intents t JOIN invoices i ON i.id = t.invoice_id
            WHERE t.status = 'succeeded' AND t.gateway_id IS NOT NULL ORDER BY t.id
            """
        ) { row in
            let period = SandboxAudit.Period(
                subscription: try row.get("subscription_id"), period: try row.get("period_start"))
            let id: String = try row.get("gateway_id")
            guard found == nil, !(audit.successesByPeriod[period] ?? []).contains(id) else { return }
            found = violation(
                "compare", "succeeded_elsewhere",
                "intent \(id) counts as collected for \(period.subscription) \(period.period), the gateway collected "
                    + "\(audit.successesByPeriod[period]?.joined(separator: ", ") ?? "nothing")")
        }
        return found
    }

    /// A try is a decline only if the bank was asked.
    private func declinedTooOften(_ audit: SandboxAudit, _ tx: Transaction) throws -> SimulatorViolation? {
        var found: SimulatorViolation?
        try tx.forEach(
            """
            SELECT t.reference AS reference, COUNT(*) AS declines FROM attempts a JOIN intents t ON t.id = a.intent_id
            WHERE a.state = 'declined' GROUP BY t.id, t.reference ORDER BY t.id
            """
        ) { row in
            let reference: String = try row.get("reference")
            let declines: Int = try row.get("declines")
            guard found == nil, declines > audit.declinesByReference[reference] ?? 0 else { return }
            found = violation(
                "compare", "declined_without_bank",
                "\(declines) tries of \(reference) count as declined, the gateway knows of "
                    + "\(audit.declinesByReference[reference] ?? 0)")
        }
        return found
    }

    // MARK: - At rest

    /// Faults have ended and time has passed: nothing may be left undone.
    func judgeAtRest() async throws -> SimulatorViolation? {
        if let found = try await judge() { return found }
        let audit = world.sandbox.audit
        let now = world.now
        return try await world.office().read { [self] tx in
            for (rule, text, sql) in Self.leftovers {
                let row: String? = try tx.value(sql, now.adding(days: -2))
                if let row { return violation("rest", rule, "\(text): \(row)") }
            }
            if world.wasRestored { return nil }
            return try moneyWithoutInvoice(audit, tx)
        }
    }

    /// An intent that has the debt's name and is not as it was sent waits for a person, who may have ended the debt since.
    private static let isLeftToDunlin = """
        NOT EXISTS (SELECT 1 FROM activity w WHERE w.invoice_id = i.id AND w.kind = 'incident')
        """

    private static let leftovers = [
        (
            "in_flight_at_rest", "nobody knows yet what became of an attempt",
            """
            SELECT MIN('attempt ' || a.id || ' is ' || a.state) FROM attempts a JOIN invoices i ON i.id = a.invoice_id
            WHERE a.ended_at IS NULL AND a.written_at < ?1 AND COALESCE(i.waits_for, '') <> 'on_hold'
                AND \(isLeftToDunlin)
            """
        ),
        (
            "dead_job", "a job is dead",
            """
            SELECT MIN('job ' || id || ' ' || kind || ': ' || COALESCE(last_error, '')) FROM jobs
            WHERE state = 'dead' AND kind <> 'apply-event' AND ?1 IS NOT NULL
            """
        ),
        (
            "overdue_job", "a job has been ready for days",
            """
            SELECT MIN('job ' || j.id || ' ' || j.kind || ': ' || COALESCE(j.last_error, '')) FROM jobs j
            JOIN gateway_state g ON g.gateway = j.queue
            WHERE j.state IN ('ready', 'running') AND j.run_at < ?1 AND g.stopped_at IS NULL
            """
        ),
        (
            "closing_at_rest", "a debt that ended is still closing",
            """
            SELECT MIN('invoice ' || i.id) FROM invoices i JOIN gateway_state g ON g.gateway = i.gateway
            WHERE i.state = 'closing' AND g.stopped_at IS NULL AND \(isLeftToDunlin) AND NOT EXISTS (
                SELECT 1 FROM activity e WHERE e.invoice_id = i.id AND e.recorded_at > ?1)
            """
        ),
        (
            "boundary_at_rest", "a boundary has come and has no record",
            """
            SELECT MIN(subscription_id) FROM billing_state
            WHERE next_boundary_at < ?1 AND state NOT IN ('parked', 'canceled', 'ended')
            """
        ),
    ]

    private func moneyWithoutInvoice(_ audit: SandboxAudit, _ tx: Transaction) throws -> SimulatorViolation? {
        let paid = Set(
            try tx.rows(
                "SELECT subscription_id, period_start FROM invoices WHERE state = 'paid' OR collected_minor > 0"
            ) { row in
                SandboxAudit.Period(subscription: try row.get("subscription_id"), period: try row.get("period_start"))
            })
        let lost = audit.successesByPeriod.keys.sorted().first { !paid.contains($0) }
        return lost.map {
            violation(
                "rest", "money_without_invoice",
                "the gateway collected \($0.subscription) \($0.period), and the ledger does not know")
        }
    }
}
