import DunlinCalendar
import DunlinDatabase
import DunlinJobs
import Foundation
import Logging

/// Where and how long the measurements run.
struct BenchSetting: Sendable {
    /// Rounds of each measurement; the median counts.
    static let rounds = 3
    /// Jobs and rows that are committed together.
    static let batch = 100

    /// For servers whose end is no news.
    static let silence = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    let folder: String
    /// How many jobs, subscriptions or charges a round has.
    let size: Int
    let clock: LiveClock
    let log: Logger

    /// Seconds that `work` takes.
    func seconds(_ work: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await work()
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return max(Double(seconds) + Double(attoseconds) / 1e18, 1e-9)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func database(_ name: String, databaseID: String = "bench") throws -> Database {
        try Database.open(
            .file(path(name), opening: .create, migrations: LiveDatabase.migrations, databaseID: databaseID))
    }

    /// The clock of jobs that are measured.
    var billingClock: BillingClock {
        BillingClock(
            now: clock.now, monotonicMilliseconds: clock.elapsedMilliseconds, randomBits: Chance.bits,
            sleep: clock.sleep(milliseconds:))
    }
}
