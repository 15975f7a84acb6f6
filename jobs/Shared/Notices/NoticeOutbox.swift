public import DunlinCalendar
public import DunlinDatabase
public import DunlinLedger

/// What a person decides about notices.
public enum NoticeOutbox {
    /// Sends a notice once more in the next pass, with the same id and whatever the customer was asked meanwhile. It is
    /// judged again then: one that is not true any more is dropped.
    public static func sendAgain(
        _ notice: Notice, reason: String, actor: String, now: Instant, _ tx: Transaction
    ) throws {
        try Notices.sendAgain(notice.id, now: now, tx)
        try FollowUps.notice(notice.id, customerID: notice.customerID, at: now, now: now, tx)
        try Activity.add(
            "notice_resent", subscriptionID: notice.subscriptionID, invoiceID: notice.invoiceID,
            reason: "\(notice.noticeID): \(reason)", actor: actor, now: now, tx)
    }
}
