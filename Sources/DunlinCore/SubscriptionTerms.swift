import Crypto
public import DunlinCalendar

/// What a subscription's row asks for, read and judged. A row that cannot be read is parked with the reason.
public struct SubscriptionTerms: Hashable, Sendable {
    /// From when periods are billed (money.md 16).
    public enum BillFrom: Hashable, Sendable {
        /// The first boundary on or after the day on which the subscription was first seen.
        case firstSight
        case anchor
        /// The period that is running now.
        case current
        case date(LocalDate)
    }

    public enum Wish: String, Hashable, Sendable {
        case active, paused, canceled
    }

    /// As the owner's row says, or as a pause moved it; see `shifted(to:)`.
    public private(set) var schedule: BillingSchedule
    /// What the boundaries of the owner's row are counted from. When it changes, the new schedule takes over at
    /// `billed_through`. `ends_at` is no part of it: an end moves no boundary.
    public let scheduleHash: String
    public let billFrom: BillFrom
    public let wish: Wish
    public let cancelsAtPeriodEnd: Bool
    /// A pause moves what comes after it by its length, instead of leaving out the periods inside it.
    public let shiftsOnResume: Bool
    public let unitAmount: Money
    public let quantity: Int64

    /// Why a row cannot be billed as it stands, in one line for its owner.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    /// The columns of the same names, as text where the owner writes text.
    public struct Columns: Hashable, Sendable {
        public var amountMinor: Int64
        public var currency: String
        public var quantity: Int64
        public var interval: String
        public var intervalCount: Int
        public var anchor: String
        public var timeZone: String
        public var trialEnd: String?
        public var billOn: Int?
        public var endsAt: String?
        public var cancelAtPeriodEnd: Bool
        public var status: String
        public var billFrom: String?
        public var onResume: String?

        public init(
            amountMinor: Int64, currency: String, quantity: Int64, interval: String, intervalCount: Int, anchor: String,
            timeZone: String, trialEnd: String?, billOn: Int?, endsAt: String?, cancelAtPeriodEnd: Bool, status: String,
            billFrom: String?, onResume: String? = nil
        ) {
            self.amountMinor = amountMinor
            self.currency = currency
            self.quantity = quantity
            self.interval = interval
            self.intervalCount = intervalCount
            self.anchor = anchor
            self.timeZone = timeZone
            self.trialEnd = trialEnd
            self.billOn = billOn
            self.endsAt = endsAt
            self.cancelAtPeriodEnd = cancelAtPeriodEnd
            self.status = status
            self.billFrom = billFrom
            self.onResume = onResume
        }
    }

    public init(_ columns: Columns) throws(Problem) {
        guard let currency = Currency(columns.currency) else {
            throw Problem("unknown currency \(columns.currency)")
        }
        guard let wish = Wish(rawValue: columns.status) else { throw Problem("unknown status \(columns.status)") }
        let price = Money(minorUnits: columns.amountMinor, currency: currency)
        guard columns.amountMinor >= 1, columns.quantity >= 1, price.multiplied(by: columns.quantity) != nil else {
            throw Problem("amount_minor x quantity is below 1 or does not fit")
        }
        let schedule = try Self.schedule(columns)
        self.schedule = schedule
        self.scheduleHash = Self.hash(of: schedule)
        self.shiftsOnResume = try Self.shiftsOnResume(columns)
        self.billFrom = try Self.billFrom(columns.billFrom)
        self.wish = wish
        self.cancelsAtPeriodEnd = columns.cancelAtPeriodEnd
        self.unitAmount = price
        self.quantity = columns.quantity
    }

    /// The same terms with the schedule counted from where a pause moved it to; its trial is over then.
    ///
    /// - Throws: a `Problem` for an anchor too close to the year 9999, and for one that goes by calendar days.
    public func shifted(to anchor: LocalDateTime) throws(Problem) -> SubscriptionTerms {
        var terms = self
        do {
            guard schedule.billOn == nil else { throw Problem("a schedule with bill_on is not moved") }
            terms.schedule = try BillingSchedule(
                anchor: anchor, interval: schedule.interval, zone: schedule.zone, endsAt: schedule.endsAt,
                isMovedByPause: true)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem("\(error)")
        }
        return terms
    }

    private static func hash(of schedule: BillingSchedule) -> String {
        let parts = [
            schedule.anchor.description, schedule.interval.unit.rawValue, String(schedule.interval.count),
            schedule.zone.identifier, schedule.trialEnd?.description ?? "-", schedule.billOn.map(String.init) ?? "-",
        ]
        let digest = SHA256.hash(data: Array(parts.joined(separator: "|").utf8))
        return digest.prefix(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func shiftsOnResume(_ columns: Columns) throws(Problem) -> Bool {
        switch columns.onResume {
        case nil, "", "keep": return false
        case "shift":
            if columns.billOn != nil {
                throw Problem("on_resume shift does not go with bill_on: calendar days do not move")
            }
            return true
        case let text?: throw Problem("on_resume \(text) is neither keep nor shift")
        }
    }

    private static func schedule(_ columns: Columns) throws(Problem) -> BillingSchedule {
        guard let anchor = LocalDateTime(columns.anchor) else {
            throw Problem("anchor \(columns.anchor) is no local date or date-time")
        }
        guard let zone = Zone(columns.timeZone) else { throw Problem("unknown time zone \(columns.timeZone)") }
        let trialEnd = try localTime(columns.trialEnd, column: "trial_end")
        let endsAt = try localTime(columns.endsAt, column: "ends_at")
        do {
            let interval = try BillingInterval(unit: columns.interval, count: columns.intervalCount)
            return try BillingSchedule(
                anchor: anchor, interval: interval, zone: zone, billOn: columns.billOn, trialEnd: trialEnd,
                endsAt: endsAt)
        } catch {
            throw Problem(error.description)
        }
    }

    private static func localTime(_ text: String?, column: String) throws(Problem) -> LocalDateTime? {
        guard let text, !text.isEmpty else { return nil }
        guard let time = LocalDateTime(text) else {
            throw Problem("\(column) \(text) is no local date or date-time")
        }
        return time
    }

    private static func billFrom(_ text: String?) throws(Problem) -> BillFrom {
        switch text {
        case nil, "": return .firstSight
        case "anchor": return .anchor
        case "current": return .current
        case let text?:
            guard let date = LocalDate(text) else {
                throw Problem("bill_from \(text) is none of anchor, current or a date")
            }
            return .date(date)
        }
    }
}
