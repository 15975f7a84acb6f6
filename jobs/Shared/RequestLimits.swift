public import DunlinCalendar
public import DunlinDatabase
import DunlinLedger

/// Requests per second that an account allows, over all processes (money.md 14).
public struct GatewayLimits: Hashable, Sendable {
    /// A job sends at most this many requests for its permit: the create and the confirm. Reads take their own.
    static let requestsPerJob: Int64 = 2

    public var perSecond: Double
    public var perEndpointPerSecond: Double

    /// Jobs with one read each that the limits let through for long.
    var jobsPerSecond: Double {
        let total = Permits.Want(bucket: "total", cost: Self.requestsPerJob, perSecond: perSecond).refill
        let jobs = Permits.Want(bucket: "jobs", cost: 1, perSecond: perEndpointPerSecond).refill
        return min(jobs, total / Double(Self.requestsPerJob + 1))
    }

    public init(perSecond: Double, perEndpointPerSecond: Double) {
        self.perSecond = perSecond
        self.perEndpointPerSecond = perEndpointPerSecond
    }

    /// Permits for up to `jobs` jobs, each of which sends one request to each endpoint at most.
    func takeForJobs(
        _ jobs: Int, gateway: String, now: Instant, _ tx: Transaction
    ) throws -> (taken: Int, nextAt: Instant) {
        try Permits.take(jobs, gateway: gateway, try wants(gateway: gateway, now: now, tx), now: now, tx)
    }

    /// Gives back the permits of jobs that were not there to be claimed.
    func giveBack(_ jobs: Int, gateway: String, now: Instant, _ tx: Transaction) throws {
        guard jobs > 0 else { return }
        try Permits.giveBack(jobs, gateway: gateway, try wants(gateway: gateway, now: now, tx), now: now, tx)
    }

    private func wants(gateway: String, now: Instant, _ tx: Transaction) throws -> [Permits.Want] {
        let share = try share(gateway: gateway, now: now, tx)
        return [
            .init(bucket: "total", cost: Self.requestsPerJob, perSecond: perSecond * share),
            .init(bucket: "jobs", cost: 1, perSecond: perEndpointPerSecond * share),
        ]
    }

    /// A permit for one read.
    ///
    /// - Parameter priority: `low` leaves half of what there is to others.
    /// - Returns: nil when it was taken; else when to ask again.
    public func takeForRead(
        endpoint: String, gateway: String, priority: ReadPriority = .usual, now: Instant, _ tx: Transaction
    ) throws -> Instant? {
        let share = try share(gateway: gateway, now: now, tx)
        let wants: [Permits.Want] = [
            .init(bucket: "total", cost: 1, perSecond: perSecond * share),
            .init(bucket: endpoint, cost: 1, perSecond: perEndpointPerSecond * share),
        ]
        if priority == .low {
            let next = try Permits.nextPlenty(gateway: gateway, wants, now: now, tx)
            if next > now { return next }
        }
        let found = try Permits.take(1, gateway: gateway, wants, now: now, tx)
        return found.taken == 1 ? nil : found.nextAt
    }

    private func share(gateway: String, now: Instant, _ tx: Transaction) throws -> Double {
        Double(try GatewayStates.find(gateway, tx).map { Rate.permille($0, now: now) } ?? 1000) / 1000
    }
}
