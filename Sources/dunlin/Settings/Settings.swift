import DunlinCalendar
import DunlinCore
import DunlinImport

/// Everything that can be set, checked and with its defaults filled in.
struct Settings: Sendable {
    struct Database: Sendable {
        var path: String
        /// Permissions of the file.
        var fileMode: UInt16
        var busyTimeoutSeconds: Int
    }

    struct Listen: Sendable {
        var `public`: ListenAddress
        var admin: ListenAddress
    }

    struct Worker: Sendable {
        var concurrency: Int
        var pollSeconds: Int
    }

    /// The owner's own tables.
    struct Source: Sendable {
        var tables: OwnerSource
        /// How often a long-lived worker reads them.
        var everySeconds: Int
    }

    var mode: GatewayMode
    /// The zone of finance's days and months.
    var accountingZone: Zone
    var database: Database
    /// Without a slash at its end.
    var publicURL: String?
    var returnURL: String?
    var listen: Listen
    /// In the order of the file; those without a key too.
    var gateways: [ConfiguredGateway]
    /// The most that one pass may try to collect, one amount per currency.
    var ceilings: [Money]
    /// What becomes of periods that were missed.
    var catchUp: CatchUpRules
    /// Renewals at midnight are charged within this time.
    var renewalSpreadMinutes: Int
    var worker: Worker
    var lateAfterMinutes: Int
    /// nil where none is named.
    var source: Source?
    /// The longest range of a backfill.
    var backfillDaysMax: Int
    /// Whether card numbers may pass through this program (PCI DSS SAQ D).
    var allowsRawCardData: Bool
    /// Money that came for a debt that was no longer owed goes back by itself.
    var refundsCollectedAfterCancel = false
    var logLevel: LogLevel
    /// What is allowed but most likely not meant.
    var warnings: [String]

    func gateway(_ name: String) -> ConfiguredGateway? { gateways.first { $0.name == name } }

    /// What is wrong with the keys: they are looked at only by what speaks to a gateway.
    var keyProblems: [SettingsProblem] { gateways.compactMap(\.keyProblem) }
}

enum LogLevel: String, CaseIterable, Sendable {
    case trace, debug, info, notice, warning, error, critical
}

/// Where a listener is bound: `127.0.0.1:8450`, `[::1]:8450`, `0.0.0.0:8450`.
struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        self.host = host
        self.port = port
    }

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
