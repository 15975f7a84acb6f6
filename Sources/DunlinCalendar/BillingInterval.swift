/// How often a subscription is billed: every `count` days, weeks, months or years.
public struct BillingInterval: Hashable, Sendable {
    public enum Unit: String, Hashable, Sendable, Codable, CaseIterable {
        case day, week, month, year
    }

    public let unit: Unit
    public let count: Int

    /// Throws a `CalendarError` unless `count` is at least 1 and the interval at most a hundred years: a longer one is
    /// a slip of the pen whose first period would never be billed.
    public init(unit: Unit, count: Int) throws(CalendarError) {
        let countMax = BillingInterval.countMax(of: unit)
        guard (1...countMax).contains(count) else {
            throw CalendarError(
                code: .badIntervalCount, field: "interval_count",
                text: "\(count) is not allowed; every \(unit.rawValue) takes a count from 1 to \(countMax)")
        }
        self.unit = unit
        self.count = count
    }

    /// Reads the unit by name: `day`, `week`, `month` or `year`.
    public init(unit name: String, count: Int) throws(CalendarError) {
        guard let unit = Unit(rawValue: name) else {
            throw CalendarError(
                code: .unknownUnit, field: "interval", text: "\"\(name)\" is not one of day, week, month, year")
        }
        try self.init(unit: unit, count: count)
    }

    /// The largest count of a unit: a hundred years.
    public static func countMax(of unit: Unit) -> Int {
        switch unit {
        case .day: 36_525
        case .week: 5_218
        case .month: 1_200
        case .year: 100
        }
    }

    /// The step from boundary to boundary as the calendar counts it.
    enum Step: Hashable, Sendable {
        case days(Int)
        case months(Int)
    }

    var step: Step {
        switch unit {
        case .day: .days(count)
        case .week: .days(count * 7)
        case .month: .months(count)
        case .year: .months(count * 12)
        }
    }
}

extension BillingInterval: CustomStringConvertible {
    /// `every month`, `every 3 months`.
    public var description: String { count == 1 ? "every \(unit.rawValue)" : "every \(count) \(unit.rawValue)s" }
}

extension BillingInterval: Codable {
    private enum CodingKeys: String, CodingKey {
        case unit, count
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            unit: try container.decode(Unit.self, forKey: .unit), count: try container.decode(Int.self, forKey: .count))
    }
}
