public import DunlinCalendar
import DunlinCore

/// What lies beside a report's file, so that whoever gets it can tell what it is, whether it is whole, and what it must
/// add up to.
public struct Manifest: Hashable, Sendable, Encodable {
    public struct Total: Hashable, Sendable, Encodable {
        public var currency: String
        public var rows: Int64
        /// Major units.
        public var amount: String
        public var amountMinor: Int64
    }

    public var report: String
    public var schemaVersion: Int
    /// The local day that ages are counted to; nil for a report without one.
    public var asOf: String?
    public var timeZone: String
    /// A period's last day is not part of it.
    public var periodEnd = "exclusive"
    public var format: String
    /// `apostrophe` where text that looks like a formula got one in front, `none` where text is as it was.
    public var escaping: String
    public var columns: [String]
    public var rows: Int64
    /// Per currency, in the order of the codes.
    public var totals: [Total]
    public var bytes: Int
    /// Of the file, in lower-case hex.
    public var sha256: String
    public var writtenAt: String
    /// The version of the program.
    public var version: String

    public init(
        _ report: any Report, asOf: AccountingDay?, zone: Zone, format: ReportFormat, totals: ReportTotals,
        bytes: Int, sha256: String, writtenAt: Instant, version: String
    ) {
        self.report = report.name
        schemaVersion = report.schemaVersion
        self.asOf = asOf?.date.description
        timeZone = zone.identifier
        self.format = format.name
        escaping = format.guardsFormulas ? "apostrophe" : "none"
        columns = report.columns.map(\.name)
        rows = totals.rows
        self.totals = totals.totals.map { total in
            Total(
                currency: total.amount.currency.code, rows: total.rows, amount: total.amount.majorUnits,
                amountMinor: total.amount.minorUnits)
        }
        self.bytes = bytes
        self.sha256 = sha256
        self.writtenAt = writtenAt.rfc3339Seconds
        self.version = version
    }
}
