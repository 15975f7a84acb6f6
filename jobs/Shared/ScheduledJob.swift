public import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Foundation

/// A kind of job that a line of the schedule may start: a file in `jobs/`, a row in its README, and a place in
/// `ScheduledKinds.all`. Nothing else has to know of it.
///
/// It runs on no gateway's queue and one at a time. Ticks of one line run in their order.
protocol ScheduledJob: Sendable {
    static var kind: String { get }
    /// What its line may say behind the kind, as `name=value`.
    static var options: [ScheduledOption] { get }

    init(billing: Billing)
    func run(_ run: ScheduledRun) async throws
}

/// An option of a line, with what it takes.
struct ScheduledOption: Sendable {
    let name: String
    /// Completes "give …" in a message.
    let expected: String
    let isRight: @Sendable (String) -> Bool

    /// A number of days: `keep=30d`.
    static func days(_ name: String, in range: ClosedRange<Int64>) -> ScheduledOption {
        ScheduledOption(name: name, expected: "\(range.lowerBound)d to \(range.upperBound)d") { text in
            ScheduledArguments.days(text).map(range.contains) ?? false
        }
    }

    /// `payouts=yes`.
    static func yesOrNo(_ name: String) -> ScheduledOption {
        ScheduledOption(name: name, expected: "yes or no") { $0 == "yes" || $0 == "no" }
    }
}

/// The arguments of a job that a line started, as JSON in its row.
struct ScheduledArguments: Codable, Hashable, Sendable {
    var line: String
    /// The tick's nominal time.
    var tick: String
    var options: [String: String]

    /// `30d` is 30.
    static func days(_ text: String) -> Int64? {
        guard text.hasSuffix("d") else { return nil }
        return Int64(text.dropLast())
    }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Text keys and values always encode.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// One run of a scheduled job.
struct ScheduledRun: Sendable {
    /// Batches of this many rows, so that no other writer waits long.
    static let batchRows = 500
    static let leaseSeconds: Int64 = 600

    let billing: Billing
    let claimed: ClaimedJob
    let arguments: ScheduledArguments
    /// When the run began.
    let now: Instant

    /// The option's days, or the default where the line says nothing.
    func days(_ name: String, or defaultDays: Int64) -> Int64 {
        arguments.options[name].flatMap(ScheduledArguments.days) ?? defaultDays
    }

    /// Prolongs the lease, in the transaction of a batch.
    ///
    /// - Throws: `QueueError` with `leaseLost` once another process has taken the job over.
    func renew(now: Instant, _ tx: Transaction) throws {
        _ = try JobQueue.renew(claimed.lease, leaseSeconds: Self.leaseSeconds, now: now, tx)
    }

    func isYes(_ name: String, or isYesByDefault: Bool) -> Bool {
        arguments.options[name].map { $0 == "yes" } ?? isYesByDefault
    }

    /// Deletes batch by batch until less than a batch is found; each batch prolongs the lease.
    ///
    /// - Parameter delete: deletes at most so many rows and says how many.
    /// - Throws: `QueueError` with `leaseLost` once another process has taken the job over.
    func prune(
        step: String, _ delete: @escaping @Sendable (_ limit: Int, Transaction) throws -> Int
    ) async throws -> Int {
        var total = 0
        while true {
            let (lease, clock) = (claimed.lease, billing.clock)
            let deleted = try await billing.database.write(step: step) { tx in
                _ = try JobQueue.renew(lease, leaseSeconds: Self.leaseSeconds, now: clock.now(), tx)
                return try delete(Self.batchRows, tx)
            }
            total += deleted
            if deleted < Self.batchRows { return total }
        }
    }
}

/// There is more to do, and others have their turn first: the job runs again at once, and no run of it is counted.
struct ScheduledPause: Error {}

/// A gateway does not answer now: the job waits until it does, however long that takes, and no run of it is counted.
/// Nobody has to mend anything here.
struct ScheduledOutage: Error, CustomStringConvertible {
    /// How long until the gateway is asked again.
    static let waitSeconds: Int64 = 15 * 60

    let description: String
}

/// Every kind that a line of the schedule may start.
public enum ScheduledKinds {
    static let all: [any ScheduledJob.Type] = [
        PruneJobs.self,
        PruneExchanges.self,
        SelfCheck.self,
        TellExpiringCards.self,
        Reconcile.self,
        FetchEvents.self,
    ]

    /// The kinds by name with the names of their options, as reading a schedule wants them.
    public static var known: [String: Set<String>] {
        Dictionary(all.map { ($0.kind, Set($0.options.map(\.name))) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is wrong with the values of a line's options.
    public static func problems(of line: CronLine) -> [CalendarError] {
        let options = find(line.kind)?.options ?? []
        return line.arguments.sorted { $0.key < $1.key }.compactMap { name, value in
            guard let option = options.first(where: { $0.name == name }), !option.isRight(value) else { return nil }
            let shown = value.count > 40 ? "\(value.prefix(40))…" : value
            return CalendarError(
                code: .badOption, line: line.line, field: name,
                text: "\"\(shown)\" is not allowed; give \(option.expected)")
        }
    }

    static func find(_ kind: String) -> (any ScheduledJob.Type)? { all.first { $0.kind == kind } }
}
