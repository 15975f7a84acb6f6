/// Which changes an authenticated read may make to what is settled (P5): towards money that moved, and never back. The
/// payload of an event makes none at all.
public enum MoneyTransition {
    /// - Parameter from: the intent's status as stored.
    public static func isAllowed(intent from: String, to: IntentStatus) -> Bool {
        switch from {
        case IntentStatus.succeeded.text: to == .succeeded
        case IntentStatus.canceled.text: to == .canceled || to == .succeeded
        default: true
        }
    }

    /// A refund that succeeded may still fail: the bank sends the money back (stripe.md 5.5, `refund.failed`). One that
    /// failed stays so.
    ///
    /// - Parameter from: the refund's state as stored.
    public static func isAllowed(refund from: String, to: String) -> Bool {
        switch from {
        case "failed", "refused": to == from
        case "succeeded": to == "succeeded" || to == "failed"
        default: true
        }
    }

    /// A dispute that is closed stays closed, but for one that is decided after all.
    ///
    /// - Parameter from: the gateway's word as stored.
    public static func isAllowed(dispute from: String, to: String) -> Bool {
        DisputeStatus.isOpen(from) || !DisputeStatus.isOpen(to)
    }
}

/// What a dispute's status means for money (stripe.md 5.5).
public enum DisputeStatus {
    private static let closed: Set<String> = ["won", "lost", "warning_closed", "prevented"]

    /// A word that no dossier names counts as open: nothing more is charged until somebody knows.
    public static func isOpen(_ status: String) -> Bool { !closed.contains(status) }

    /// The money is contested or gone. An inquiry (`warning_…`) has taken none yet.
    public static func takesMoney(_ status: String) -> Bool {
        status == "lost" || (isOpen(status) && !status.hasPrefix("warning_"))
    }
}
