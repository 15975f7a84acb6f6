import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinWeb

/// The recovery pages: a process of its own that is killed and started again like the others. A browser whose request
/// it had gets no answer then.
///
/// Used on the simulator's thread only.
final class PayHost: @unchecked Sendable {
    static let origin = "https://pay.example.com"
    /// Where the sandbox has the pages of the bank and the gateway.
    static let bank = "https://bank.example.com"
    /// Short, so that links expire while customers hold them.
    static let linkDays = 12
    private static let place = "pages"

    let world: World
    /// What links are made with; nil never, since the text is long enough.
    let key: RecoveryKey?

    private var serving: (process: SimulatedProcess, pages: PayPages)?
    private var openRequests = 0

    init(world: World) {
        self.world = world
        key = RecoveryKey(
            Secret(String(repeating: "simulated-", count: 4)), databaseID: World.databaseID)
    }

    /// Serves until the run is over.
    func run() async {
        guard world.plan.has(.payLinks) else { return }
        while !world.isOver {
            await world.waitWhileDown()
            if world.isOver { return }
            let process = world.newProcess(Self.place)
            do {
                try await serve(process)
            } catch {
                world.note("pages.\(process.number) ended: \(error)")
            }
            process.end()
            if world.isOver { return }
            await world.wait(world.chance.number(1_000...60_000, "restart"), nil)
        }
    }

    private func serve(_ process: SimulatedProcess) async throws {
        guard let key else { return }
        let installation = Installation(world: world, process: process)
        let database = try installation.openDatabase()
        defer { database.close() }
        let billing = try installation.billing(database, isElsewhere: false)
        serving = (
            process,
            PayPages(
                database: database, visit: RecoveryVisit(billing: billing, holder: process.identity), key: key,
                options: PayPages.Options(publicURL: Self.origin, linkDays: Self.linkDays),
                logger: Installation.quiet, now: { process.wallNow })
        )
        while !world.isOver, !process.isDead { await world.wait(3_600_000, process) }
        serving = nil
        while openRequests > 0 { await world.wait(1, nil) }
    }

    /// - Returns: nil when nobody answers.
    func answer(_ request: PayPages.Request) async -> Answer? {
        guard let serving, !serving.process.isDead else { return nil }
        openRequests += 1
        defer { openRequests -= 1 }
        let answer = await serving.pages.answer(request)
        if serving.process.isDead || world.isHalted { return nil }
        // A store that fails ends the program.
        if answer.status == 503 { serving.process.end() }
        return answer
    }
}
