import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// P1 and the first half of P2, one subscription after the other.
enum CoverageCheck {
    static func run(_ tx: Transaction, _ draft: inout ProofDraft) throws {
        let horizons = try horizons(tx, draft.options)
        try tx.forEach(subscriptions) { row in
            let id: String = try row.get("id")
            guard try row.get("state", as: String?.self) != nil else {
                try noteForgotten(id, row, &draft)
                return
            }
            let spans = try spans(of: id, since: draft.options.since, billedThrough: row.get("billed_through"), tx)
            draft.count(.p1, Int64(spans.count))
            draft.count(.p2, Int64(spans.count) + 1)
            let gateway: String = try row.get("gateway")
            let coverage = Coverage(
                spans: spans, terms: try terms(row),
                state: try Coverage.State(row), plannedThrough: draft.options.plannedThrough ?? horizons[gateway])
            for problem in coverage.problems { report(problem, of: id, &draft) }
        }
    }

    /// The owner's terms, with the schedule where pauses moved it to; nil when the row cannot be read.
    private static func terms(_ row: Row) throws -> SubscriptionTerms? {
        guard let terms = try? SubscriptionTerms(try SubscriptionTerms.Columns(row)) else { return nil }
        guard let anchor = try row.get("shifted_anchor", as: String?.self).flatMap({ LocalDateTime($0) }),
            try row.get("schedule_hash") == terms.scheduleHash
        else { return terms }
        return try? terms.shifted(to: anchor)
    }

    private static func report(_ problem: Coverage.Problem, of id: String, _ draft: inout ProofDraft) {
        let names = ["invoice_id", "other_invoice_id"]
        let invoices = zip(names, problem.invoiceIDs).map { (name: $0, value: String($1)) }
        draft.violation(
            problem.promise, problem.rule, problem.sentence, ids: [(name: "subscription_id", value: id)] + invoices)
    }

    /// A subscription that no pass has seen yet must be on the list of changed rows.
    private static func noteForgotten(_ id: String, _ row: Row, _ draft: inout ProofDraft) throws {
        draft.count(.p2)
        guard try row.get("changes", as: Int64.self) == 0 else { return }
        draft.violation(
            .p2, "never_planned", "a subscription was never planned and is not noted as new",
            ids: [(name: "subscription_id", value: id)])
    }

    private static func horizons(_ tx: Transaction, _ options: ProofOptions) throws -> [String: Instant] {
        var horizons: [String: Instant] = [:]
        try tx.forEach("SELECT gateway, planned_at FROM gateway_state WHERE planned_at IS NOT NULL") { row in
            let newest: Instant = try row.get("planned_at")
            horizons[try row.get("gateway")] = newest.adding(seconds: -options.planningGraceSeconds)
        }
        return horizons
    }

    /// - Parameters:
    ///   - since: records that ended before this day are left out.
    ///   - billedThrough: where the newest record ends, which is always among them.
    private static func spans(
        of id: String, since: LocalDate?, billedThrough: String?, _ tx: Transaction
    ) throws -> [Coverage.Span] {
        let first = since.map { min($0.description, billedThrough ?? $0.description) }
        return try tx.rows(records, id, first ?? "") { row in
            Coverage.Span(
                start: try row.date("run_start"), end: try row.date("run_end"), invoiceID: try row.get("invoice_id"),
                isVoid: try row.get("is_void"), isCollected: try row.get("is_collected"))
        }
    }

    private static let records = """
        SELECT period_start AS run_start, period_end AS run_end, id AS invoice_id,
            CASE WHEN state = 'void' THEN 1 ELSE 0 END AS is_void,
            CASE WHEN collected_minor > refunded_minor THEN 1 ELSE 0 END AS is_collected
        FROM invoices WHERE subscription_id = ?1 AND period_end >= ?2
        UNION ALL
        SELECT run_start, run_end, NULL, 0, 0 FROM decisions WHERE subscription_id = ?1 AND run_end >= ?2
        ORDER BY run_start, run_end
        """

    private static let subscriptions = """
        SELECT s.id AS id, s.amount_minor AS amount_minor, s.currency AS currency, s.quantity AS quantity,
            s.interval AS interval, s.interval_count AS interval_count, s.anchor AS anchor, s.time_zone AS time_zone,
            s.trial_end AS trial_end, s.bill_on AS bill_on, s.ends_at AS ends_at,
            s.cancel_at_period_end AS cancel_at_period_end, s.status AS status, s.bill_from AS bill_from,
            s.on_resume AS on_resume, s.replaces AS replaces, c.gateway AS gateway, b.state AS state, b.hold AS hold,
            b.next_period_start AS next_period_start, b.next_boundary_at AS next_boundary_at,
            b.billed_through AS billed_through, b.shifted_anchor AS shifted_anchor, b.schedule_hash AS schedule_hash, b.time_zone_data AS time_zone_data,
            COALESCE(changed.changes, 0) AS changes
        FROM subscriptions s
        JOIN customers c ON c.id = s.customer_id
        LEFT JOIN billing_state b ON b.subscription_id = s.id
        LEFT JOIN (SELECT row_id, COUNT(*) AS changes FROM changed_rows WHERE kind = 'subscription' GROUP BY row_id)
            changed ON changed.row_id = s.id
        ORDER BY s.id
        """
}

extension SubscriptionTerms.Columns {
    fileprivate init(_ row: Row) throws {
        self.init(
            amountMinor: try row.get("amount_minor"), currency: try row.get("currency"),
            quantity: try row.get("quantity"), interval: try row.get("interval"),
            intervalCount: try row.get("interval_count"), anchor: try row.get("anchor"),
            timeZone: try row.get("time_zone"), trialEnd: try row.get("trial_end"), billOn: try row.get("bill_on"),
            endsAt: try row.get("ends_at"), cancelAtPeriodEnd: try row.get("cancel_at_period_end"),
            status: try row.get("status"), billFrom: try row.get("bill_from"), onResume: try row.get("on_resume"))
    }
}

extension Coverage.State {
    fileprivate init(_ row: Row) throws {
        let replaces: String? = try row.get("replaces")
        self.init(
            word: try row.get("state"), hold: try row.get("hold"),
            nextPeriodStart: try row.optionalDate("next_period_start"), nextBoundaryAt: try row.get("next_boundary_at"),
            billedThrough: try row.optionalDate("billed_through"), scheduleHash: try row.get("schedule_hash"),
            timeZoneData: try row.get("time_zone_data"), isChanged: try row.get("changes", as: Int64.self) > 0,
            carriesOver: replaces?.isEmpty == false)
    }
}
