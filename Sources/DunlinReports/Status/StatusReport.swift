/// What `dunlin status` says: what needs a person first, then what Dunlin does by itself.
public struct StatusReport: Hashable, Sendable, Encodable {
    /// May this gateway be charged on?
    public struct Charging: Hashable, Sendable, Encodable {
        public enum Word: String, Hashable, Sendable, Encodable {
            case on, stopped
            /// The gateway does not answer: one probe at a time until it does.
            case circuitOpen = "circuit_open"
        }

        public var gateway: String
        /// Nil while the data file is not bound to the gateway.
        public var mode: String?
        public var charging: Word
        public var reason: String?
        public var since: String?
        /// Requests per second, in thousandths of the configured limit.
        public var ratePermille: Int64
        /// The newest instant at which a pass planned or charged.
        public var lastPassAt: String?
    }

    public struct NeedsPerson: Hashable, Sendable, Encodable {
        public var parked: Int64
        /// Periods, not rows.
        public var waiting: Int64
        public var unknown: Int64
        public var oldestUnknownSeconds: Int64?
        /// Refunds of which nobody has known for an hour what became of them, and the invoice of the oldest.
        public var unknownRefunds: Int64
        public var unknownRefundInvoice: Int64?
        public var deadJobs: Int64
        public var onHold: Int64
        public var needsMethod: Int64
        public var needsCustomer: Int64
        /// Money that came for a debt that had ended, and is not given back.
        public var collectedAfterEnd: Int64
        /// Events that could not be applied.
        public var failedEvents: Int64
        /// Rows of the owner's own tables that could not be taken over.
        public var badSourceRows: Int64
        /// Notices that nobody took.
        public var failedNotices: Int64
        /// What the newest reconciliations of all gateways found to differ.
        public var drift: Int64
    }

    /// What the self-check finds wrong now.
    public struct SelfCheck: Hashable, Sendable, Encodable {
        public struct Finding: Hashable, Sendable, Encodable {
            public var code: String
            /// The gateway or queue it is about.
            public var subject: String
            public var text: String
            public var since: String
        }

        /// Nil before the first check.
        public var lastCheckAt: String?
        public var lastCheckSeconds: Int64?
        public var findings: [Finding]
    }

    /// The newest reconciliation of a gateway.
    public struct Reconciliation: Hashable, Sendable, Encodable {
        public var gateway: String
        public var startedAt: String
        /// Nil while it is not complete.
        public var endedAt: String?
        public var differences: Int64
    }

    /// What is told to customers and to the owner's application.
    public struct Notices: Hashable, Sendable, Encodable {
        /// To be sent, those of later days included.
        public var ready: Int64
        public var lastSentAt: String?
    }

    public struct Queue: Hashable, Sendable, Encodable {
        public var ready: Int64
        /// The part of them that could run now.
        public var due: Int64
        public var running: Int64
        public var oldestDueSeconds: Int64?
        public var nextRunAt: String?
    }

    /// Webhooks and what became of them.
    public struct Inbox: Hashable, Sendable, Encodable {
        /// When a webhook was last believed.
        public var lastWebhookAt: String?
        public var lastWebhookSeconds: Int64?
        /// Stored, and not yet read again at the gateway.
        public var unappliedEvents: Int
        public var oldestUnappliedSeconds: Int64?
        /// Deliveries that were not signed by any of our secrets.
        public var wrongSignatures: Int64
        public var lastWrongSignatureAt: String?
        /// PaymentIntents that no debt of this database knows.
        public var foreignIntents: Int
    }

    /// A line of the schedule that passes have fired.
    public struct Schedule: Hashable, Sendable, Encodable {
        public var line: String
        public var lastTickAt: String?
        /// Nil where the line is in no schedule that can be read.
        public var nextTickAt: String?
        /// Ticks that were missed and not made up for, ever, and when that was last found.
        public var missed: Int
        public var missedAt: String?
    }

    /// One currency in the accounting month so far; amounts in minor units, with their texts in major units.
    public struct Month: Hashable, Sendable, Encodable {
        public var currency: String
        public var invoiced: String
        public var invoicedMinor: Int64
        public var collected: String
        public var collectedMinor: Int64
        /// Collected after at least one decline.
        public var recovered: String
        public var recoveredMinor: Int64
        /// Open and owed now, whenever it came due.
        public var outstanding: String
        public var outstandingMinor: Int64
    }

    public var now: String
    public var databaseID: String?
    public var charging: [Charging]
    public var needsPerson: NeedsPerson
    public var subscriptions: [String: Int64]
    public var queue: Queue
    public var inbox: Inbox
    public var selfCheck: SelfCheck
    public var reconciliations: [Reconciliation]
    public var notices: Notices
    public var schedule: [Schedule]
    /// Rows of the owner's that changed since the last pass.
    public var changedRows: Int64
    /// The local month that `months` is about, such as `2026-11`.
    public var month: String
    public var months: [Month]
}

extension StatusReport.NeedsPerson {
    /// True when nothing waits for anybody.
    public var isQuiet: Bool {
        [
            parked, waiting, unknown, unknownRefunds, deadJobs, onHold, needsMethod, needsCustomer, collectedAfterEnd,
            failedEvents, badSourceRows, failedNotices, drift,
        ].allSatisfy { $0 == 0 }
    }
}
