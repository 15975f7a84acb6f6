import DunlinCalendar
import DunlinCore
import Foundation

/// The first line of a plan file: what the plan is, and what its lines must come to.
struct PlanHeader: Codable, Hashable, Sendable {
    /// What the lines that charge, or record, come to in one currency.
    struct Total: Codable, Hashable, Sendable {
        var currency: String
        var count: Int
        var totalMinor: Int64
        /// In major units.
        var total: String
    }

    static let format = 1

    var dunlinPlan = PlanHeader.format
    /// The id of the data file.
    var database: String
    var mode: String
    var from: LocalDate
    var to: LocalDate
    var policy: BackfillPolicy
    var reason: String?
    var createdAt: String
    /// The gateways at which it charges.
    var gateways: [String]
    /// Lines that charge or record.
    var lines: Int
    /// Lines that say what is left out.
    var skipped: Int
    var totals: [Total]
    /// SHA-256 of everything after the header's line.
    var linesSha256: String
    /// SHA-256 of this header with this very value empty.
    var sha256 = ""

    /// One line, with its keys in a fixed order, so that the same header is always the same text.
    func text() throws -> String { try Output.json(self) }

    func sealed() throws -> PlanHeader {
        var header = self
        header.sha256 = ""
        header.sha256 = HexDigest.sha256(try header.text())
        return header
    }

    var amounts: [Money] {
        totals.compactMap { total in
            Currency(total.currency).map { Money(minorUnits: total.totalMinor, currency: $0) }
        }
    }
}

/// Adds up what the lines of a plan come to.
struct PlanTotals {
    private(set) var lines = 0
    private(set) var skipped = 0
    private(set) var gateways: Set<String> = []
    private var sums: [String: (count: Int, minor: Int64)] = [:]

    /// - Throws: a `CommandFailure` when a sum does not fit into 64 bits.
    mutating func add(_ entry: BackfillEntry) throws {
        guard entry.action != .skip else {
            skipped += 1
            return
        }
        lines += 1
        if entry.action == .charge, let gateway = entry.gateway { gateways.insert(gateway) }
        guard let currency = entry.currency, let minor = entry.amountMinor else { return }
        let old = sums[currency] ?? (0, 0)
        let (sum, overflow) = old.minor.addingReportingOverflow(minor)
        if overflow { throw CommandFailure(.badInput, "the total in \(currency) does not fit: take a shorter range") }
        sums[currency] = (old.count + 1, sum)
    }

    var totals: [PlanHeader.Total] {
        sums.sorted { $0.key < $1.key }.map { code, sum in
            let money = Currency(code).map { Money(minorUnits: sum.minor, currency: $0).majorUnits }
            return PlanHeader.Total(
                currency: code, count: sum.count, totalMinor: sum.minor, total: money ?? String(sum.minor))
        }
    }
}
