public import DunlinCalendar
public import DunlinDatabase

/// What a notice tells about a debt, read when it is sent.
public struct DebtFacts: Sendable {
    public var invoice: Invoice
    public var plan: String
    public var number: String?
    public var collectedMinor: Int64
    public var refundedMinor: Int64
    public var isLate: Bool
    /// Tries of the schedule that came back declined, or wanted the customer. Who tried in session knows of it.
    public var tries: Int
    public var isInFlight: Bool
    /// Why the last failed try failed, in words that are fit for the customer; nil where none has.
    public var declineReason: String?
    /// The method of the last try.
    public var paymentMethodID: String?
}

/// Reads what notices tell.
public enum NoticeFacts {
    public static func debt(_ invoiceID: Int64, _ tx: Transaction) throws -> DebtFacts? {
        guard let invoice = try Invoices.find(invoiceID, tx) else { return nil }
        let row = try tx.row(
            """
            SELECT plan, invoice_number, collected_minor, refunded_minor, is_late,
                (SELECT COUNT(*) FROM attempts a WHERE a.invoice_id = i.id
                    AND a.is_on_session = 0 AND a.state IN ('declined', 'needs_customer')) AS tries,
                (SELECT COUNT(*) FROM attempts f WHERE f.invoice_id = i.id AND f.ended_at IS NULL) AS in_flight
            FROM invoices i WHERE i.id = ?1
            """, invoiceID
        ) { row in
            DebtFacts(
                invoice: invoice, plan: try row.get("plan"), number: try row.get("invoice_number"),
                collectedMinor: try row.get("collected_minor"), refundedMinor: try row.get("refunded_minor"),
                isLate: try row.get("is_late"), tries: try row.get("tries"),
                isInFlight: try row.get("in_flight", as: Int.self) > 0)
        }
        guard var facts = row else { return nil }
        let last = try tx.row(
            """
            SELECT payment_method_id, reason_text FROM attempts
            WHERE invoice_id = ?1 AND state IN ('declined', 'needs_customer', 'succeeded')
            ORDER BY number DESC LIMIT 1
            """, invoiceID
        ) { row in
            (try row.get("payment_method_id", as: String.self), try row.get("reason_text", as: String?.self))
        }
        facts.paymentMethodID = last?.0
        facts.declineReason = last?.1
        return facts
    }

    /// The tries of the schedule that came back declined, or wanted the customer.
    public static func tries(_ invoiceID: Int64, _ tx: Transaction) throws -> Int {
        try tx.value(
            """
            SELECT COUNT(*) FROM attempts
            WHERE invoice_id = ?1 AND is_on_session = 0 AND state IN ('declined', 'needs_customer')
            """, invoiceID) ?? 0
    }

    /// Debts of a customer that are tried again or wait for the customer, oldest first.
    public static func failing(ofCustomer customerID: String, limit: Int, _ tx: Transaction) throws -> [Int64] {
        try tx.rows(
            """
            SELECT id FROM invoices WHERE customer_id = ?1 AND state IN ('open', 'closing') AND state = 'open'
                AND (first_failed_at IS NOT NULL OR waits_for IN ('needs_customer', 'needs_method'))
            ORDER BY due_at, id LIMIT ?2
            """, customerID, limit
        ) { try $0.get("id") }
    }

    /// Who ended a debt that was given up; nil where nobody is noted.
    public static func endedBy(_ invoiceID: Int64, _ tx: Transaction) throws -> String? {
        try tx.value(
            """
            SELECT actor FROM activity WHERE invoice_id = ?1 AND kind = 'debt_ended' ORDER BY id DESC LIMIT 1
            """, invoiceID)
    }

    /// Running subscriptions that have something to bill, from the one after `id`, with the gateway they are billed at.
    public static func running(
        after id: String, limit: Int, _ tx: Transaction
    ) throws -> [(subscription: Subscription, gateway: String)] {
        let found = try tx.rows(
            """
            SELECT s.id AS id, c.gateway AS gateway FROM billing_state b
            JOIN subscriptions s ON s.id = b.subscription_id JOIN customers c ON c.id = s.customer_id
            WHERE b.state IN ('trialing', 'active', 'past_due', 'unpaid') AND b.next_boundary_at IS NOT NULL
                AND s.status = 'active' AND b.hold IS NULL AND s.id > ?1
            ORDER BY s.id LIMIT ?2
            """, id, limit
        ) { (id: try $0.get("id", as: String.self), gateway: try $0.get("gateway", as: String.self)) }
        return try found.compactMap { row in
            try Subscriptions.find(row.id, tx).map { ($0, row.gateway) }
        }
    }

    /// The customer's running subscriptions that have something to bill.
    public static func runningIDs(ofCustomer customerID: String, _ tx: Transaction) throws -> [String] {
        try tx.rows(
            """
            SELECT s.id AS id FROM subscriptions s JOIN billing_state b ON b.subscription_id = s.id
            WHERE s.customer_id = ?1 AND s.status = 'active' AND b.hold IS NULL AND b.next_boundary_at IS NOT NULL
                AND b.state IN ('trialing', 'active', 'past_due', 'unpaid')
            ORDER BY s.id
            """, customerID
        ) { try $0.get("id") }
    }
}

extension PaymentMethod {
    /// `203104` for 4/2031; nil where the expiry is not known.
    public var expiryNumber: Int? {
        guard let expMonth, let expYear else { return nil }
        return expYear * 100 + expMonth
    }

    /// The last day on which the card is valid; nil where it is not known.
    public var lastValidDay: LocalDate? {
        guard let expMonth, let expYear, (1...12).contains(expMonth) else { return nil }
        return LocalDate(year: expYear, month: expMonth, day: LocalDate.length(ofMonth: expMonth, year: expYear))
    }
}
