import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// The one query of the dunning list. The bucket is worked out in SQL too, because the rows are ordered by it and are
/// never held in memory together.
enum DunningQuery {
    /// `?1` the end of the day; `?2` its start; `?3` to `?6` the starts of the days 30, 60, 90 and 120 before.
    static func arguments(_ day: AccountingDay) -> [(any ColumnValue)?] {
        [day.start(addingDays: 1), day.start()]
            + AgingBucket.allCases.compactMap(\.daysMax).dropFirst().map { day.start(addingDays: -$0) }
    }

    /// The list as the ledger knows it now.
    static let current = sql(.current)
    /// The list as it was known at the end of a day that is over.
    static let past = sql(.past)

    private static func sql(_ view: DunningView) -> String {
        """
        SELECT i.id AS id, i.customer_id AS customer_id, c.name AS customer_name, c.email AS customer_email,
            c.country AS customer_country, COALESCE(i.entity, s.entity) AS entity, i.subscription_id AS subscription_id,
            i.plan AS plan, i.invoice_number AS invoice_number, i.period_start AS period_start,
            i.period_end AS period_end, i.due_at AS due_at, i.currency AS currency, i.amount_minor AS amount_minor,
            \(view.paid) AS paid_minor, \(view.disputed) AS disputed_minor, \(view.status) AS status,
            \(view.holdReason) AS hold_reason, i.closing_reason AS closing_reason,
            \(view.nextAttemptAt) AS next_attempt_at, \(view.firstFailedAt) AS first_failed_at, i.note AS note,
            i.gateway AS gateway, \(view.waitNote) AS wait_note, i.dunning_policy AS dunning_policy,
            \(view.finalActionAt) AS final_action_at, COALESCE(r.generation, 1) AS link_generation,
            COALESCE(r.issued_at, CASE WHEN i.due_at > i.invoiced_at THEN i.due_at ELSE i.invoiced_at END)
                AS link_issued_at,
            (SELECT COUNT(*) FROM attempts a WHERE a.invoice_id = i.id \(view.written)) AS attempts,
            (SELECT COUNT(*) FROM attempts a WHERE a.invoice_id = i.id AND a.state IN ('declined', 'needs_customer')
                \(view.ended)) AS declines,
            last.written_at AS last_attempt_at, said.decline_code AS decline_code, said.error_code AS error_code,
            said.decline_class AS decline_class, said.reason_text AS reason_text,
            m.type AS method_type, m.brand AS brand, m.last4 AS last4, m.exp_month AS exp_month,
            m.exp_year AS exp_year,
            (SELECT COUNT(*) FROM payment_methods b WHERE b.customer_id = i.customer_id AND b.is_backup = 1)
                AS backups,
            (SELECT t.gateway_id FROM intents t WHERE t.invoice_id = i.id \(view.created)
                ORDER BY t.number DESC LIMIT 1) AS gateway_payment_id,
            (SELECT a.charge_id FROM attempts a WHERE a.invoice_id = i.id AND a.charge_id IS NOT NULL \(view.ended)
                ORDER BY a.number DESC LIMIT 1) AS gateway_charge_id,
            (SELECT MAX(n.sent_at) FROM notices n WHERE n.subscription_id = i.subscription_id AND n.invoice_id = i.id
                AND n.state = 'sent' AND n.kind <> 'invoice_paid' \(view.sent)) AS last_notice_at,
            (SELECT COUNT(*) FROM notices n WHERE n.subscription_id = i.subscription_id AND n.invoice_id = i.id
                AND n.state = 'sent' AND n.kind <> 'invoice_paid' \(view.sent)) AS notices_sent,
            \(view.settleAt) AS settle_at,
            s.amount_minor AS unit_amount_minor, s.quantity AS quantity, s.currency AS subscription_currency,
            s.interval AS interval, s.interval_count AS interval_count, s.status AS wish,
            \(view.lifetime) AS lifetime_minor,
            CASE WHEN i.due_at >= ?2 THEN 0 WHEN i.due_at >= ?3 THEN 1 WHEN i.due_at >= ?4 THEN 2
                WHEN i.due_at >= ?5 THEN 3 WHEN i.due_at >= ?6 THEN 4 ELSE 5 END AS bucket
        FROM invoices i
        JOIN customers c ON c.id = i.customer_id
        JOIN subscriptions s ON s.id = i.subscription_id
        LEFT JOIN recovery_links r ON r.invoice_id = i.id
        LEFT JOIN attempts last ON last.invoice_id = i.id
            AND last.number = (SELECT MAX(a.number) FROM attempts a WHERE a.invoice_id = i.id \(view.written))
        LEFT JOIN attempts said ON said.invoice_id = i.id
            AND said.number = (SELECT MAX(a.number) FROM attempts a WHERE a.invoice_id = i.id
                AND a.state IN ('declined', 'needs_customer', 'refused') \(view.ended))
        LEFT JOIN payment_methods m ON m.id = COALESCE(last.payment_method_id, s.payment_method_id,
            (SELECT MIN(d.id) FROM payment_methods d WHERE d.customer_id = i.customer_id AND d.is_default = 1))
        WHERE \(view.isOnTheList) AND i.due_at < ?1
        ORDER BY i.currency, bucket, i.customer_id, i.due_at, i.id
        """
    }
}

extension DunningRow {
    init(_ row: Row, report: DunningReport) throws {
        let day = report.asOf
        let currency = try row.currency()
        let status = try DunningStatus(row)
        let invoiceID: Int64 = try row.get("id")
        let policy = report.policies.policy(named: try row.get("dunning_policy"))
        self.init(
            asOf: day.date, customer: try Customer(row), entity: try row.get("entity"),
            subscriptionID: try row.get("subscription_id"), plan: try row.get("plan"), invoiceID: invoiceID,
            invoiceNumber: try row.get("invoice_number"), periodStart: try row.date("period_start"),
            periodEnd: try row.date("period_end"), dueDate: day.localDate(of: try row.get("due_at")),
            amounts: try Amounts(row, currency), status: status,
            attempts: try Attempts(row, policy), finalAction: try FinalStep(row, policy, status, day),
            reasonText: try Self.reason(row, status),
            nextActionOn: try Self.nextActionAt(row, status).map(day.localDate(of:)), method: try Method(row),
            gateway: try row.get("gateway"), gatewayPaymentID: try row.get("gateway_payment_id"),
            gatewayChargeID: try row.get("gateway_charge_id"),
            lastNoticeOn: try row.get("last_notice_at", as: Instant?.self).map(day.localDate(of:)),
            noticesSent: try row.get("notices_sent"), recoveryLink: try Self.link(row, status, report),
            note: try row.get("note"), monthlyAtRisk: try Self.monthlyAtRisk(row),
            lifetimePaid: try row.money("lifetime_minor", currency))
    }

    /// Debts that are given up, or about to end, take no payment.
    private static func link(_ row: Row, _ status: DunningStatus, _ report: DunningReport) throws -> String? {
        guard let link = report.link, status != .uncollectible, status != .closing else { return nil }
        let debt = RecoveryDebt(
            invoiceID: try row.get("id"), subscriptionID: try row.get("subscription_id"),
            period: try row.get("period_start"))
        return link(debt, try row.get("link_generation"), try row.get("link_issued_at"))
    }

    /// When the next action is due, where an instant is known.
    private static func nextActionAt(_ row: Row, _ status: DunningStatus) throws -> Instant? {
        switch status.nextAction {
        case .charge: try row.get("next_attempt_at", as: Instant?.self) ?? row.get("due_at")
        case .settle: try row.get("settle_at")
        case .waitCustomer, .decide, .final, .none: nil
        }
    }

    private static func reason(_ row: Row, _ status: DunningStatus) throws -> String {
        let held: String? = try row.get("hold_reason")
        let ending: String? = try row.get("closing_reason")
        let told: String? = try row.get("reason_text")
        let note: String? = try row.get("wait_note")
        let code: String? = try row.get("decline_code", as: String?.self) ?? row.get("error_code")
        let declined = DeclineWords.reason(code: code, declineClass: try row.get("decline_class"))
        switch status {
        case .onHold: return held ?? status.plainReason
        case .closing: return ending ?? status.plainReason
        case .scheduled, .processing, .unknown: return note ?? status.plainReason
        case .retrying: return note ?? told ?? declined ?? status.plainReason
        case .needsCustomer, .needsMethod, .uncollectible: return told ?? declined ?? status.plainReason
        }
    }

    /// Nothing is at risk where the subscription is canceled anyway.
    private static func monthlyAtRisk(_ row: Row) throws -> Money? {
        guard try row.get("wish", as: String.self) != "canceled",
            let currency = Currency(try row.get("subscription_currency"))
        else { return nil }
        let period = try row.money("unit_amount_minor", currency).multiplied(by: try row.get("quantity"))
        let (interval, count): (String, Int64) = (try row.get("interval"), try row.get("interval_count"))
        return period.flatMap { MonthlyRate.of($0, interval: interval, count: count) }
    }
}

extension DunningRow.Customer {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.get("customer_id"), name: try row.get("customer_name"), email: try row.get("customer_email"),
            country: try row.get("customer_country"))
    }
}

extension DunningRow.Amounts {
    fileprivate init(_ row: Row, _ currency: Currency) throws {
        let original = try row.money("amount_minor", currency)
        let paid = try row.money("paid_minor", currency)
        self.init(
            original: original, paid: paid, disputed: try row.money("disputed_minor", currency),
            outstanding: Money(minorUnits: original.minorUnits - paid.minorUnits, currency: currency))
    }
}

extension DunningRow.Attempts {
    fileprivate init(_ row: Row, _ policy: DunningPolicy) throws {
        let declineClass: String? = try row.get("decline_class")
        let retried = declineClass.flatMap { DeclineClass(rawValue: $0) }.flatMap { $0.mayRetry ? $0 : nil }
        let ofClass = retried.map { policy.rule($0).triesMax }
        self.init(
            count: try row.get("attempts"), declines: try row.get("declines"),
            triesMax: min(policy.triesMax, ofClass ?? policy.triesMax),
            firstFailedAt: try row.get("first_failed_at"), lastAt: try row.get("last_attempt_at"),
            lastDeclineCode: try row.get("decline_code", as: String?.self) ?? row.get("error_code"),
            declineClass: declineClass)
    }
}

extension DunningRow.FinalStep {
    /// nil where the debt has no end of its own: nothing failed yet, a try is to come, or the customer may take for ever.
    fileprivate init?(_ row: Row, _ policy: DunningPolicy, _ status: DunningStatus, _ day: AccountingDay) throws {
        guard let at: Instant = try row.get("final_action_at"), status != .uncollectible else { return nil }
        self.init(action: policy.finalAction, on: day.localDate(of: at))
    }
}

extension DunningRow.Method {
    fileprivate init(_ row: Row) throws {
        let name: String? = try row.get("brand", as: String?.self) ?? row.get("method_type")
        let last4: String? = try row.get("last4")
        let (month, year): (Int64?, Int64?) = (try row.get("exp_month"), try row.get("exp_year"))
        self.init(
            text: MethodWords.text(name: name, last4: last4), expires: MethodWords.expiry(year: year, month: month),
            hasBackup: try row.get("backups", as: Int64.self) > 0)
    }
}

extension DunningStatus {
    fileprivate init(_ row: Row) throws {
        let word: String = try row.get("status")
        guard let status = DunningStatus(rawValue: word) else {
            throw ReportError(.unreadable, "an invoice on the dunning list is \(word), which is no state of its own")
        }
        self = status
    }
}
