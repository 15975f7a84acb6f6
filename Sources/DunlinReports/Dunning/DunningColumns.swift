import DunlinCore

/// The frozen header of the dunning list. Its order is a contract: columns are only ever added at the end.
enum DunningColumns {
    static let all: [ReportColumn] = [
        ReportColumn("as_of_date", .date), ReportColumn("customer_id"), ReportColumn("customer_name"),
        ReportColumn("customer_email"), ReportColumn("customer_country"), ReportColumn("entity"),
        ReportColumn("subscription_id"), ReportColumn("plan"), ReportColumn("invoice_id", .integer),
        ReportColumn("invoice_number"), ReportColumn("period_start", .date), ReportColumn("period_end", .date),
        ReportColumn("due_date", .date), ReportColumn("days_past_due", .integer), ReportColumn("aging_bucket"),
        ReportColumn("currency"), ReportColumn("amount_due_original", .money), ReportColumn("amount_paid", .money),
        ReportColumn("amount_credited", .money), ReportColumn("amount_disputed", .money),
        ReportColumn("amount_outstanding", .money), ReportColumn("amount_outstanding_minor", .integer),
        ReportColumn("status"), ReportColumn("stage"), ReportColumn("attempts", .integer),
        ReportColumn("first_failed_at", .time), ReportColumn("last_attempt_at", .time),
        ReportColumn("last_decline_code"), ReportColumn("decline_class"), ReportColumn("reason_text"),
        ReportColumn("next_action"), ReportColumn("next_action_on", .date), ReportColumn("final_action"),
        ReportColumn("final_action_on", .date), ReportColumn("access_until", .date), ReportColumn("method"),
        ReportColumn("method_expires"), ReportColumn("backup_method"), ReportColumn("gateway"),
        ReportColumn("gateway_payment_id"), ReportColumn("gateway_charge_id"), ReportColumn("last_notice_on", .date),
        ReportColumn("notices_sent", .integer), ReportColumn("recovery_link"), ReportColumn("owner"),
        ReportColumn("promised_on", .date), ReportColumn("note"), ReportColumn("mrr_at_risk", .money),
        ReportColumn("lifetime_paid", .money),
    ]
}

extension DunningRow {
    /// The cells in the order of the frozen header. Empty: what the first release does not know (credit notes,
    /// access, who follows it up, a promise to pay).
    var cells: [Cell] {
        identityCells + amountCells + stateCells + methodCells
    }

    private var identityCells: [Cell] {
        [
            .date(asOf), .text(customer.id), Cell(customer.name), Cell(customer.email), Cell(customer.country),
            Cell(entity), .text(subscriptionID), .text(plan), .integer(invoiceID), Cell(invoiceNumber),
            .date(periodStart), .date(periodEnd), .date(dueDate), .integer(Int64(daysPastDue)), .text(bucket.text),
        ]
    }

    private var amountCells: [Cell] {
        [
            .text(amounts.original.currency.code), .money(amounts.original), .money(amounts.paid), .empty,
            .money(amounts.disputed), .money(amounts.outstanding), .integer(amounts.outstanding.minorUnits),
        ]
    }

    private var stateCells: [Cell] {
        [
            .text(status.rawValue), .text("\(attempts.declines) of \(attempts.triesMax)"), .integer(attempts.count),
            Cell(attempts.firstFailedAt), Cell(attempts.lastAt), Cell(attempts.lastDeclineCode),
            Cell(attempts.declineClass), .text(reasonText), .text(status.nextAction.rawValue), Cell(nextActionOn),
            Cell(finalAction?.action.subscription.rawValue), Cell(finalAction?.on), .empty,
        ]
    }

    private var methodCells: [Cell] {
        [
            Cell(method.text), Cell(method.expires), .text(method.hasBackup ? "yes" : "no"), .text(gateway),
            Cell(gatewayPaymentID), Cell(gatewayChargeID), Cell(lastNoticeOn), .integer(noticesSent),
            Cell(recoveryLink), .empty, .empty, Cell(note), Cell(monthlyAtRisk), .money(lifetimePaid),
        ]
    }
}
