public import DunlinCalendar
public import DunlinCore

/// Who decides something by hand, why, and when; kept in `activity` with what was decided.
public struct HandOrder: Hashable, Sendable {
    /// What the person says; without card numbers.
    public var reason: String
    /// `user@host`.
    public var actor: String
    public var now: Instant

    public init(reason: String, actor: String, now: Instant) {
        self.reason = Redaction.clean(reason)
        self.actor = actor
        self.now = now
    }
}

/// What was decided about one row, or would be.
public struct HandDone: Hashable, Sendable {
    public var id: String
    /// The subscription that it is about; nil where there is none.
    public var subscriptionID: String?
    /// What becomes of the row, in words.
    public var what: String
    /// What is at stake; nil where no money is.
    public var amount: Money?
    /// When something follows from it.
    public var at: Instant?
    /// What the person should know besides.
    public var remark: String?

    public init(
        id: String, subscriptionID: String? = nil, what: String, amount: Money? = nil, at: Instant? = nil,
        remark: String? = nil
    ) {
        self.id = id
        self.subscriptionID = subscriptionID
        self.what = what
        self.amount = amount
        self.at = at
        self.remark = remark
    }
}

/// Why nothing is decided about a row: it would break a promise, or there is nothing to decide.
public struct HandRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var reason: String

    public init(id: String, reason: String) {
        self.id = id
        self.reason = reason
    }

    public var description: String { "\(id): \(reason)" }
}
