import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinWeb

/// The recovery links and pages as the settings want them.
struct LiveRecovery: Sendable {
    let key: RecoveryKey
    /// Below which the pages are, as seen from outside; without a slash at its end.
    let publicURL: String
    let linkDays: Int

    /// - Parameter makesKey: makes the key file when there is none; else there are no links without it.
    /// - Returns: nil where no link can be made: no key, or no public_url in live mode.
    init?(_ settings: Settings, databaseID: String?, makesKey: Bool) throws {
        guard let publicURL = settings.recoveryURL else { return nil }
        let file = RecoveryKeyFile(databasePath: settings.database.path)
        guard let secret = try settings.recovery.key ?? (makesKey ? file.readOrMake() : file.read()),
            let key = RecoveryKey(secret, databaseID: databaseID ?? "")
        else { return nil }
        self.key = key
        self.publicURL = publicURL
        linkDays = settings.recovery.linkDays
    }

    /// The whole address of a debt's page.
    func address(of debt: RecoveryDebt, generation: Int) -> String {
        "\(publicURL)/pay/\(key.token(of: debt, generation: generation))"
    }

    /// The address of a debt's page while its link is good; nil when it has expired.
    func address(of debt: RecoveryDebt, generation: Int, issuedAt: Instant, now: Instant) -> String? {
        let link = RecoveryLink(generation: generation, issuedAt: issuedAt, days: linkDays)
        return link.expiresAt > now ? address(of: debt, generation: generation) : nil
    }

    /// The pages, for a process that can act on them.
    static func pages(_ context: Context, _ settings: Settings, _ live: LiveBilling) throws -> PayPages? {
        guard let recovery = try LiveRecovery(settings, databaseID: live.billing.databaseID, makesKey: true) else {
            return nil
        }
        let clock = context.clock
        return PayPages(
            database: live.billing.database, visit: RecoveryVisit(billing: live.billing, holder: live.holder),
            key: recovery.key,
            options: PayPages.Options(
                merchant: settings.recovery.merchant, contact: settings.recovery.contact,
                publicURL: recovery.publicURL, returnURL: settings.returnURL, linkDays: recovery.linkDays,
                plainOrigins: settings.plainOrigins), logger: context.log, now: { clock.now() })
    }
}

extension Settings {
    /// Where the recovery pages are seen from outside: in test mode the listener itself, when nothing is set.
    var recoveryURL: String? {
        if let publicURL { return publicURL }
        return mode == .test && listen.public.port != 0 ? "http://\(listen.public)" : nil
    }

    /// Gateways that are spoken to without TLS, such as the sandbox: their pages may be gone to from ours.
    var plainOrigins: [String] {
        let addresses = gateways.map(\.baseURL).filter { $0.hasPrefix("http://") }
        return Array(Set(addresses.map { $0.split(separator: "/").prefix(2).joined(separator: "//") })).sorted()
    }
}
