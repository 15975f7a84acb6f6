import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinQueue
import DunlinSandbox

/// Everything that a run consists of: the clock, the gateway, the data file, the processes, and what went wrong.
///
/// Used on the simulator's thread only.
final class World: @unchecked Sendable {
    static let start = Instant(seconds: 1_767_225_600)  // 2026-01-01T00:00:00Z
    static let databaseID = "simulated"

    let options: SimulatorOptions
    let plan: FaultPlan
    let chance: Chance
    let thread: EventThread
    let sandbox: Sandbox
    /// Another account at the same gateways: nothing may ever be sent to it.
    let otherSandbox: Sandbox
    let rules: BillingRules
    let wire = WireJudge()
    let answers = AnswerWatch()

    private(set) var log = RunLog()
    private(set) var violation: SimulatorViolation?
    var coverage = SimulatorCoverage()
    /// The steps taken so far.
    private(set) var steps = 0
    /// No more faults: the run has come to its rest.
    private(set) var isAtRest = false
    /// The run is over at once, as if the machine had gone.
    private(set) var isHalted = false
    /// The run has come to its end.
    var isOver = false
    /// Nothing of Dunlin runs until then.
    var downUntil = World.start
    /// No request is answered until then.
    var outageUntil = World.start
    var processes: [String: SimulatedProcess] = [:]
    /// What the owner wished, by subscription: canceled or paused since.
    var unwished: [String: Instant] = [:]
    /// Gateways that a person stopped, and since when.
    var stoppedSince: [String: Instant] = [:]
    /// The data file was replaced by an earlier copy at least once.
    var wasRestored = false
    /// How many events with a wrong signature were sent.
    var forgedCount = 0
    /// What is held by hand, and since when: nothing of it may be charged.
    let holds = HandHolds()
    /// What people are about to do in programs and browsers of their own.
    private var errands: [Errand] = []

    private var keptOpen: Database?
    /// Which copy of the data file is the one in use.
    private(set) var fileNumber = 0
    private var processNumber = 0

    init(options: SimulatorOptions, plan: FaultPlan, chance: Chance, thread: EventThread, rules: BillingRules) {
        self.options = options
        self.plan = plan
        self.chance = chance
        self.thread = thread
        self.rules = rules
        var world = SandboxOptions()
        world.seed = options.seed
        world.start = Self.start.milliseconds
        world.ignoresIdempotencyKeys = plan.ignoresKeys
        world.quirks = plan.wooshpayQuirks
        world.makesEvents = plan.hasEvents
        world.webhookFaults = plan.webhookFaults
        if plan.hasEvents {
            world.stripeWebhookURLs = ["https://example.com/webhooks/stripe"]
            world.wooshpayWebhookURLs = ["https://example.com/webhooks/wooshpay"]
        }
        world.baseURL = PayHost.bank
        sandbox = Sandbox(world)
        world.seed = options.seed &+ 1
        otherSandbox = Sandbox(world)
    }

    var now: Instant { thread.now }
    var end: Instant { Self.start.adding(days: options.days) }

    // MARK: - The data file

    var path: String { options.folder + "/dunlin-\(fileNumber).db" }

    func databaseOptions(opening: DatabaseOptions.Opening) -> DatabaseOptions {
        .file(
            path, opening: opening, mode: .inline, migrations: QueueSchema.migrations + Ledger.migrations,
            databaseID: Self.databaseID)
    }

    /// The file as judges and people see it: no fault strikes here.
    func office() throws -> Database {
        if let keptOpen { return keptOpen }
        let opened = try Database.open(databaseOptions(opening: .createIfMissing))
        keptOpen = opened
        return opened
    }

    /// Goes on with a copy of an earlier day. Every process must have ended.
    func goOn(withFile number: Int) {
        keptOpen?.close()
        keptOpen = nil
        fileNumber = number
        wasRestored = true
        wire.fileWasReplaced()
    }

    /// The path of a copy that may be gone on with.
    func copyPath(_ number: Int) -> String { options.folder + "/dunlin-\(number).db" }

    func close() {
        keptOpen?.close()
        keptOpen = nil
    }

    // MARK: - What happens

    /// Such as `+12d 03:04:05.006`, from the start on.
    static func text(of instant: Instant) -> String {
        let time = instant.milliseconds(since: start)
        func digits(_ number: Int64, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let (hours, minutes) = (time / 3_600_000 % 24, time / 60_000 % 60)
        return "+\(time / 86_400_000)d \(digits(hours, 2)):\(digits(minutes, 2)):"
            + "\(digits(time / 1000 % 60, 2)).\(digits(time % 1000, 3))"
    }

    func note(_ line: @autoclosure () -> String) { log.add("\(Self.text(of: now)) \(line())") }

    /// Counts what somebody did, for the report.
    func count(_ deed: String) { coverage.deeds[deed, default: 0] += 1 }

    func strike(_ kind: FaultKind, times: Int = 1) {
        if times > 0 { coverage.faults[kind.rawValue, default: 0] += times }
    }

    /// True when a fault of this kind strikes now.
    func strikes(_ kind: FaultKind) -> Bool {
        guard !isAtRest, chance.happens(plan.share(kind), kind.rawValue) else { return false }
        strike(kind)
        return true
    }

    /// The first violation ends the run.
    func violate(_ judge: String, _ rule: String, _ text: String) {
        guard violation == nil, !isHalted else { return }
        violation = SimulatorViolation(judge: judge, rule: rule, text: text, step: steps, at: Self.text(of: now))
        note("VIOLATION \(judge) \(rule): \(text)")
        halt()
    }

    func halt() {
        guard !isHalted else { return }
        isHalted = true
        isOver = true
        for process in processes.values.sorted(by: { $0.number < $1.number }) { process.end() }
    }

    /// Judged where the run was cut off: the halt is no reason not to look any more.
    func judged(_ found: SimulatorViolation?) {
        if violation == nil { violation = found }
    }

    /// From now on nothing goes wrong any more.
    func rest() {
        guard !isAtRest else { return }
        isAtRest = true
        sandbox.removeFaults()
        downUntil = now
        outageUntil = now
        note("rest")
        for process in processes.values.sorted(by: { $0.number < $1.number }) {
            process.skewMilliseconds = 0
            if process.isElsewhere { process.end() }
        }
    }

    // MARK: - Processes

    func newProcess(_ place: String) -> SimulatedProcess {
        processNumber += 1
        let machine = plan.has(.otherMachines) ? "machine-\(place)" : "machine"
        let skew = plan.has(.clockSkew) && !isAtRest ? chance.number(-140_000...140_000, "skew") : 0
        let process = SimulatedProcess(
            number: processNumber, place: place, machine: machine, skewMilliseconds: skew, world: self)
        processes[place] = process
        return process
    }

    /// Of a process that is not started again.
    func forget(_ process: SimulatedProcess) {
        process.end()
        processes[process.place] = nil
    }

    func waitWhileDown() async {
        while now < downUntil, !isOver {
            await wait(min(3_600_000, downUntil.milliseconds(since: now)), nil)
        }
    }

    /// Somebody goes about it at once.
    func send(_ errand: Errand) {
        guard !isAtRest, !isOver else { return }
        errands.append(errand)
        thread.hasten(owner: Errands.owner)
    }

    func takeErrands() -> [Errand] {
        defer { errands = [] }
        return errands
    }

    /// On one machine everybody sees who is gone.
    func isDead(_ identity: ProcessIdentity, seenFrom observer: SimulatedProcess) -> Bool {
        identity.host == observer.identity.host
            && !processes.values.contains { $0.identity == identity && !$0.isDead }
    }

    // MARK: - Steps

    /// Between two steps anybody else may be at work, and the process may end or stand still.
    func reach(_ step: String, _ process: SimulatedProcess) async throws {
        try goOn(step, process)
        steps += 1
        coverage.steps = steps
        note("\(process.place).\(process.number) \(step)")
        if let stepsMax = options.stepsMax, steps >= stepsMax, !isAtRest {
            if options.restsAfterStepsMax { rest() } else { halt() }
        }
        if strikes(.crash) {
            note("\(process.place).\(process.number) is killed before \(step)")
            process.end()
        }
        try goOn(step, process)
        await pause(at: step, process)
        try goOn(step, process)
        wire.checkAudit(self)
    }

    private func goOn(_ step: String, _ process: SimulatedProcess) throws {
        if process.isDead || isHalted { throw RunCutOff(step: step) }
    }

    /// Steps that store what the gateway said: who stands still there holds an answer that others may ask for meanwhile.
    private static let storing: Set<String> = [
        "record-outcome", "store-intent-id", "note-look", "note-read", "record-refund", "intent-canceled",
    ]

    private func pause(at step: String, _ process: SimulatedProcess) async {
        var milliseconds = chance.number(1...40, "pause")
        if strikes(.stall) || (Self.storing.contains(step) && stalls("stall with an answer")) {
            answers.forget(process)
            milliseconds = chance.number(5_000...1_200_000, "stall")
            note("\(process.place).\(process.number) stands still for \(milliseconds / 1000) s")
        }
        await wait(milliseconds, process)
    }

    /// - Parameter place: where it hurts most, and is made more often; a stream of draws of its own.
    private func stalls(_ place: String) -> Bool {
        guard !isAtRest, chance.happens(8 * plan.share(.stall), place) else { return false }
        strike(.stall)
        return true
    }

    /// Between the look at the send deadline and the gateway: the machine stands still with the request in its hands, and
    /// others may take over meanwhile. Shorter than what money.md 8 waits before it believes that a request never happened.
    ///
    /// - Returns: milliseconds; nil where nothing is in the way.
    func stallOnTheWay(_ process: SimulatedProcess) -> Int64? {
        guard stalls("stall on the way") else { return nil }
        answers.forget(process)
        let milliseconds = chance.number(120_000...590_000, "stall on the way")
        note("\(process.place).\(process.number) stands still for \(milliseconds / 1000) s with a request in its hands")
        return milliseconds
    }

    func wait(_ milliseconds: Int64, _ process: SimulatedProcess?) async {
        await thread.wait(
            until: now.adding(milliseconds: max(0, milliseconds)), order: chance.bits("order"),
            owner: process?.number ?? 0)
    }
}
