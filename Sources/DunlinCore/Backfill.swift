public import DunlinCalendar
import Foundation

/// What a backfill does with the periods that it finds.
public enum BackfillPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// Each is charged.
    case all
    /// Of each subscription the newest in the range is charged; the others go on waiting.
    case latest
    /// None is charged: they are recorded as settled elsewhere.
    case recordOnly = "record-only"
}

/// Local start dates of periods, both ends included.
public struct BackfillRange: Hashable, Sendable {
    public let from: LocalDate
    public let to: LocalDate

    /// Why a text is no range, in one line for whoever typed it.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(from: LocalDate, to: LocalDate) {
        self.from = from
        self.to = to
    }

    /// Reads `2026-07-01..2026-09-30`.
    public init(_ text: String) throws(Problem) {
        let parts = text.components(separatedBy: "..")
        guard parts.count == 2, let from = LocalDate(parts[0]), let to = LocalDate(parts[1]) else {
            throw Problem(description: "\(text) is no range of dates such as 2026-07-01..2026-09-30")
        }
        self.from = from
        self.to = to
    }

    /// - Parameters:
    ///   - today: the last day that a range may end on.
    ///   - daysMax: how many days it may have.
    public func check(today: LocalDate, daysMax: Int) throws(Problem) {
        guard from <= to else { throw Problem(description: "the range \(self) ends before it begins") }
        guard to <= today else { throw Problem(description: "the range \(self) ends in the future; today is \(today)") }
        let days = to.days(since: from) + 1
        guard days <= daysMax else {
            throw Problem(
                description:
                    "the range \(self) has \(days) days, and backfill.days_max is \(daysMax): cut it into parts")
        }
    }

    public func contains(_ date: LocalDate) -> Bool { from <= date && date <= to }
}

extension BackfillRange: CustomStringConvertible {
    public var description: String { "\(from)..\(to)" }
}

/// One line of a backfill's plan: a period to charge, one to record as settled elsewhere, or some that are left out.
public struct BackfillEntry: Hashable, Sendable, Codable {
    public enum Action: String, Hashable, Sendable, Codable {
        case charge, record, skip
    }

    public var action: Action
    public var subscriptionID: String
    public var customerID: String
    /// Of the subscription.
    public var plan: String
    /// nil where it is not known.
    public var gateway: String?
    /// Local dates, start included, end excluded.
    public var periodStart: LocalDate
    public var periodEnd: LocalDate
    /// 1, or more where a run of periods is left out or recorded; 0 for days that make no period.
    public var periods: Int
    /// In minor units; what it would have been where it is only recorded.
    public var amountMinor: Int64?
    public var currency: String?
    /// In major units, for readers.
    public var amount: String?
    /// Why it is left out, or how it was settled.
    public var reason: String?

    enum CodingKeys: String, CodingKey {
        case action, plan, gateway, periods, currency, amount, reason
        case subscriptionID = "subscription_id"
        case customerID = "customer_id"
        case periodStart = "period_start"
        case periodEnd = "period_end"
        case amountMinor = "amount_minor"
    }

    public init(
        action: Action, subscriptionID: String, customerID: String, plan: String, gateway: String?,
        periodStart: LocalDate, periodEnd: LocalDate, periods: Int, amount: Money? = nil, reason: String? = nil
    ) {
        self.action = action
        self.subscriptionID = subscriptionID
        self.customerID = customerID
        self.plan = plan
        self.gateway = gateway
        self.periodStart = periodStart
        self.periodEnd = periodEnd
        self.periods = periods
        self.reason = reason
        set(amount)
    }

    public mutating func set(_ amount: Money?) {
        amountMinor = amount?.minorUnits
        currency = amount?.currency.code
        self.amount = amount?.majorUnits
    }
}

/// A run of periods that waits for a decision, as the schedule cuts it.
public enum WaitingPeriods {
    /// - Parameters:
    ///   - count: how many periods the run was noted with.
    /// - Returns: nil when the schedule does not cut the run into so many periods: it was changed since.
    public static func split(
        from start: LocalDate, to end: LocalDate, count: Int, _ schedule: BillingSchedule
    ) -> [BillingPeriod]? {
        guard count > 0, let first = schedule.index(startingOn: start) else { return nil }
        var periods: [BillingPeriod] = []
        for index in first..<first + count {
            guard let period = schedule.period(index) else { return nil }
            periods.append(period)
        }
        return periods.last?.end.local.date == end ? periods : nil
    }
}
