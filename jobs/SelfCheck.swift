import DunlinCalendar
import DunlinDatabase

/// Looks every few minutes for what should not be: something due that nobody does, a lease that ran over, an attempt that
/// stays unknown, a webhook that is not applied, clocks that differ. `dunlin status`, `/health` and the log say it.
struct SelfCheck: ScheduledJob {
    static let kind = "self-check"
    static let options: [ScheduledOption] = []
    /// It runs while a pass works off what came due before the pass: what a second look still finds is raised.
    static let believedAfterSeconds: Int64 = 120

    let billing: Billing

    func run(_ run: ScheduledRun) async throws {
        try await SelfInspection(billing: billing).run(believedAfterSeconds: Self.believedAfterSeconds)
    }
}
