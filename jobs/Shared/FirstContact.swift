import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Speaks to a gateway before anything is planned or charged there: whose key is it, and do the clocks agree
/// (money.md 12, 13).
public struct FirstContact: Sendable {
    public enum Verdict: Hashable, Sendable {
        case ready
        /// Exit 1: planning is refused until somebody mends a clock.
        case clockRefused(String)
        /// Exit 3: the key is refused, or is not the one that this data file is bound to.
        case keyRefused(String)
        /// Exit 3: no answer; the other gateways go on.
        case noAnswer(String)
    }

    let billing: Billing
    let gateway: BillingGateway

    public init(billing: Billing, gateway: BillingGateway) {
        self.billing = billing
        self.gateway = gateway
    }

    public func make() async throws -> Verdict {
        let known = try await billing.database.read { [name = gateway.name] tx in try GatewayStates.find(name, tx) }
        if let problem = try await copiedFile() { return .keyRefused(problem) }
        if let known, known.mode != gateway.driver.mode {
            return .keyRefused(
                "the database is bound to \(known.mode.rawValue) mode, the key is of \(gateway.driver.mode.rawValue)")
        }
        if let known, known.circuitOpenedAt != nil, try await !mayProbe() {
            return .noAnswer("it gave no answer several times in a row; it is asked again in a moment")
        }
        if known == nil || known?.keyHash != gateway.driver.keyHash {
            let verdict = try await bind(known)
            if verdict != .ready { return verdict }
        }
        return try await checkClock(known)
    }

    // MARK: - Which file

    /// A copy of the data file hands out the same work a second time: in live mode somebody must say which one charges
    /// (money.md 13).
    private func copiedFile() async throws -> String? {
        guard let stamp = billing.fileStamp else { return nil }
        let known = try await billing.database.read { tx in try tx.meta(Adoption.stampKey) }
        guard let known else {
            try await billing.database.write(step: "stamp") { tx in try tx.setMeta(Adoption.stampKey, stamp) }
            return nil
        }
        guard known != stamp, gateway.driver.mode == .live else { return nil }
        return "this data file was copied, moved or restored since it last charged: make sure that no other copy is in "
            + "use, then run dunlin adopt"
    }

    // MARK: - Whose key

    private func bind(_ known: GatewayState?) async throws -> Verdict {
        let reply = await gateway.driver.identify()
        guard case .value(let identity) = reply.result else { return Self.verdict(reply.result) }
        let account = Adoption.account(identity, keyHash: gateway.driver.keyHash)
        if let known, known.account != account {
            return .keyRefused(
                "the key is of account \(account), the database is bound to \(known.account): "
                    + "set the right key, or run dunlin adopt")
        }
        let now = billing.clock.now()
        let isFirst = known == nil
        let bound = try await billing.database.write(step: "bind") { tx in
            try Exchanges.add(reply.exchanges, gateway: gateway.name, tx)
            let bind = isFirst ? GatewayStates.bindFirst : GatewayStates.bind
            try bind(
                gateway.name, gateway.driver.kind, gateway.driver.mode, account, gateway.driver.keyHash, now, tx)
            return try GatewayStates.find(gateway.name, tx)
        }
        // Another process may have been first, with another key.
        guard bound?.account == account, bound?.keyHash == gateway.driver.keyHash else {
            return .keyRefused("another process has just bound the database to another key")
        }
        return .ready
    }

    /// While the circuit is open one probe at a time is sent, whoever sends it (money.md 14).
    private func mayProbe() async throws -> Bool {
        let now = billing.clock.now()
        return try await billing.database.write(step: "take-probe") { tx in
            try GatewayStates.takeProbe(
                gateway.name, now: now, nextAt: now.adding(seconds: Circuit.probeSeconds), tx)
        }
    }

    // MARK: - What time

    private func checkClock(_ known: GatewayState?) async throws -> Verdict {
        let reply = await gateway.driver.probe()
        guard case .value(let identity) = reply.result else { return Self.verdict(reply.result) }
        let now = billing.clock.now()
        if !billing.rules.isTimeTravel {
            if let problem = problem(now: now, date: identity.date, newest: known?.newestAt) {
                return .clockRefused(problem)
            }
        }
        let isTravel = billing.rules.isTimeTravel
        try await billing.database.write(step: "note-clock") { tx in
            try Exchanges.add(reply.exchanges, gateway: gateway.name, tx)
            try GatewayStates.noteClock(gateway.name, now: isTravel ? nil : now, gatewayDate: identity.date, tx)
            try Circuit(gateway: gateway.name, billing: billing, now: now).close(tx)
        }
        return .ready
    }

    private func problem(now: Instant, date: Instant?, newest: Instant?) -> String? {
        let tolerance = billing.rules.clockToleranceSeconds * 1000
        if let date {
            let skew = now.milliseconds(since: date)
            if abs(skew) > tolerance {
                return "this machine's clock is \(skew / 1000) s from \(gateway.name)'s (\(date) there): set the clock"
            }
        } else if gateway.driver.mode == .live {
            return "\(gateway.name) sent no Date header, so that the clock cannot be checked"
        }
        if let newest, newest.milliseconds(since: now) > tolerance {
            return "this machine's clock (\(now)) is behind the newest pass in the database (\(newest)): set the clock"
        }
        return nil
    }

    private static func verdict<Value>(_ result: GatewayResult<Value>) -> Verdict {
        switch result {
        case .refused(let refusal) where refusal.kind == .key: .keyRefused(refusal.message)
        case .refused(let refusal): .noAnswer(refusal.message)
        case .throttled: .noAnswer("throttled")
        case .notSent(let why), .unknown(let why): .noAnswer(why)
        case .value, .declined: .noAnswer("an unexpected answer")
        }
    }
}
