import DunlinCalendar
import DunlinQueue
import Foundation

/// The arguments of a job: one id, as JSON. Never amounts, never card data.
struct JobArguments: Codable, Hashable, Sendable {
    var invoice: Int64?
    var attempt: Int64?
    var intent: Int64?
    var refund: Int64?
    var gateway: String?
    /// The gateway's id of an event.
    var event: String?
    /// An object at the gateway, as `EventSubject.key` writes it, and since when it has been asked about.
    var subject: String?
    var since: Int64?

    init(
        invoice: Int64? = nil, attempt: Int64? = nil, intent: Int64? = nil, refund: Int64? = nil,
        gateway: String? = nil, event: String? = nil, subject: String? = nil, since: Int64? = nil
    ) {
        self.invoice = invoice
        self.attempt = attempt
        self.intent = intent
        self.refund = refund
        self.gateway = gateway
        self.event = event
        self.subject = subject
        self.since = since
    }

    init(of job: Job) throws {
        guard let arguments = JobArguments(text: job.arguments) else {
            throw BillingError.badArguments(kind: job.kind)
        }
        self = arguments
    }

    /// nil for what is no such JSON.
    init?(text: String) {
        guard let arguments = try? JSONDecoder().decode(JobArguments.self, from: Data(text.utf8)) else { return nil }
        self = arguments
    }

    var text: String {
        if let invoice { return #"{"invoice":\#(invoice)}"# }
        if let attempt { return #"{"attempt":\#(attempt)}"# }
        if let intent { return #"{"intent":\#(intent)}"# }
        if let refund { return #"{"refund":\#(refund)}"# }
        // An event's id was checked when it was read: a single word without quotes.
        if let event { return #"{"event":"\#(event)"}"# }
        // So was the gateway's id of an object.
        if let subject, let since { return #"{"since":\#(since),"subject":"\#(subject)"}"# }
        return "{}"
    }

    /// The id that a job of this kind must have.
    func required<T>(_ path: KeyPath<JobArguments, T?>, kind: String) throws -> T {
        guard let value = self[keyPath: path] else { throw BillingError.badArguments(kind: kind) }
        return value
    }
}
