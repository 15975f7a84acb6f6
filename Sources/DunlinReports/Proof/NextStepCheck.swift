import DunlinCalendar
import DunlinDatabase

/// P2, second half: every invoice that is not settled has exactly one next step.
enum NextStepCheck {
    static func run(_ tx: Transaction, _ draft: inout ProofDraft) throws {
        // A run that finds nothing to do may have been put off by up to an hour before.
        let soon = draft.options.now.adding(hours: 2)
        try tx.forEach(sql, soon) { row in
            draft.count(.p2)
            let ids: [(name: String, value: String)] = [
                ("subscription_id", try row.get("subscription_id")),
                ("invoice_id", String(try row.get("id", as: Int64.self))),
            ]
            guard let step = try NextStep(row) else {
                draft.violation(.p2, "no_next_step", "an open invoice does not say what it waits for", ids: ids)
                return
            }
            if let problem = step.problem { draft.violation(.p2, problem.rule, problem.sentence, ids: ids) }
        }
    }

    private static let sql = """
        SELECT i.id AS id, i.subscription_id AS subscription_id, i.state AS state, i.waits_for AS waits_for,
            i.ask_first AS ask_first, i.next_attempt_at AS next_attempt_at,
            (SELECT COUNT(*) FROM jobs j WHERE j.unique_key = 'charge-invoice/' || i.id
                AND j.state IN ('ready', 'running')) AS charge_jobs,
            (SELECT COUNT(*) FROM jobs j WHERE j.unique_key = 'charge-invoice/' || i.id
                AND j.state IN ('ready', 'running') AND j.state = 'ready' AND j.run_at > ?1) AS later_charge_jobs,
            COALESCE(dead.jobs, 0) AS dead_charge_jobs,
            (SELECT COUNT(*) FROM jobs j WHERE j.unique_key = 'ask-about-late-debts/' || i.gateway
                AND j.state IN ('ready', 'running')) AS ask_jobs,
            (SELECT COUNT(*) FROM attempts a WHERE a.invoice_id = i.id AND a.ended_at IS NULL) AS in_flight,
            (SELECT COUNT(*) FROM intents t WHERE t.invoice_id = i.id AND t.status NOT IN ('canceled', 'succeeded'))
                AS open_intents,
            (SELECT COUNT(*) FROM intents t WHERE t.invoice_id = i.id AND t.status NOT IN ('canceled', 'succeeded')
                AND EXISTS (SELECT 1 FROM jobs j WHERE j.unique_key = 'cancel-intent/' || t.id
                    AND j.state IN ('ready', 'running'))) AS cancel_jobs
        FROM invoices i
        LEFT JOIN (SELECT unique_key, COUNT(*) AS jobs FROM jobs WHERE state = 'dead' AND unique_key IS NOT NULL
            GROUP BY unique_key) dead ON dead.unique_key = 'charge-invoice/' || i.id
        WHERE i.state IN ('open', 'closing')
        """
}

extension NextStep {
    fileprivate init?(_ row: Row) throws {
        let state: String = try row.get("state")
        let waitsFor: String? = try row.get("waits_for")
        guard let state = State(rawValue: state == "open" ? waitsFor ?? "" : state) else { return nil }
        self.init(
            state: state, mustAskFirst: try row.get("ask_first"), chargeJobs: try row.get("charge_jobs"),
            laterChargeJobs: try row.get("later_charge_jobs"), deadChargeJobs: try row.get("dead_charge_jobs"),
            askJobs: try row.get("ask_jobs"), attemptsInFlight: try row.get("in_flight"),
            openIntents: try row.get("open_intents"), cancelJobs: try row.get("cancel_jobs"),
            hasNextAttemptTime: try row.get("next_attempt_at", as: Int64?.self) != nil)
    }
}
