import DunlinCalendar

/// How long a debt has been due, in the buckets that finance reads: closed and disjoint, by whole local days.
public enum AgingBucket: Int, Hashable, Sendable, CaseIterable, Comparable {
    case current, days1To30, days31To60, days61To90, days91To120, days121AndMore

    /// - Parameter daysPastDue: 0 on the due date.
    public init(daysPastDue: Int) {
        switch daysPastDue {
        case ...0: self = .current
        case 1...30: self = .days1To30
        case 31...60: self = .days31To60
        case 61...90: self = .days61To90
        case 91...120: self = .days91To120
        default: self = .days121AndMore
        }
    }

    /// The word of the column `aging_bucket`.
    public var text: String {
        switch self {
        case .current: "current"
        case .days1To30: "1-30"
        case .days31To60: "31-60"
        case .days61To90: "61-90"
        case .days91To120: "91-120"
        case .days121AndMore: "121+"
        }
    }

    /// The most days past due in this bucket; nil for the last one.
    var daysMax: Int? {
        switch self {
        case .current: 0
        case .days1To30: 30
        case .days31To60: 60
        case .days61To90: 90
        case .days91To120: 120
        case .days121AndMore: nil
        }
    }

    public static func < (left: AgingBucket, right: AgingBucket) -> Bool { left.rawValue < right.rawValue }
}
