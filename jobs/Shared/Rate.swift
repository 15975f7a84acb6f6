import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// How fast an account is asked: the rate falls by half on a 429 and comes back by a tenth every ten seconds.
struct Rate {
    static let recoverySeconds: Int64 = 10
    static let leastPermille: Int64 = 50

    let gateway: String
    let now: Instant

    func fall(_ tx: Transaction) throws {
        guard let state = try GatewayStates.find(gateway, tx) else { return }
        let rate = Self.permille(state, now: now)
        try GatewayStates.setRate(gateway, permille: max(Self.leastPermille, rate / 2), now: now, tx)
    }

    /// The share of the configured rate that is used now, in thousandths.
    static func permille(_ state: GatewayState, now: Instant) -> Int64 {
        guard state.ratePermille < 1000, let changedAt = state.rateChangedAt else { return state.ratePermille }
        let steps = max(0, now.milliseconds(since: changedAt)) / (recoverySeconds * 1000)
        return min(1000, state.ratePermille + min(steps, 10) * 100)
    }
}
