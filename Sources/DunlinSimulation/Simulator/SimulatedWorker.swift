import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinJobs
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import Logging

/// A worker that makes one pass after the other, and that is started again whenever it has ended.
struct SimulatedWorker: Sendable {
    let world: World
    let place: String

    /// Lives until the run is over.
    func run() async {
        await world.wait(world.chance.number(0...5_000, "start"), nil)
        while !world.isOver {
            await world.waitWhileDown()
            if world.isOver { return }
            let process = world.newProcess(place)
            world.note("\(place).\(process.number) starts")
            do {
                try await live(process)
            } catch {
                world.note("\(place).\(process.number) ended: \(error)")
            }
            process.end()
            if world.isOver { return }
            await world.wait(world.chance.number(100...90_000, "restart"), nil)
        }
    }

    /// - Throws: what ends a process: a store that fails, or a kill.
    private func live(_ process: SimulatedProcess) async throws {
        let installation = Installation(world: world, process: process)
        let database = try installation.openDatabase()
        defer { database.close() }
        // The first key that comes is the right one: the file is bound to it.
        let isBound = try await world.office().read { tx in try GatewayStates.all(tx).count == 2 }
        let billing = try installation.billing(database, isElsewhere: isBound && world.strikes(.otherAccount))
        var idlePasses = 0
        while !world.isOver {
            jumpClock(process)
            let world = world
            var passOptions = Pass.Options()
            passOptions.concurrency = world.plan.concurrency
            passOptions.waitSeconds = 1
            passOptions.isStopping = { world.isOver }
            let result = try await Pass(
                billing: billing, holder: process.identity, options: passOptions,
                holderIsDead: { world.isDead($0, seenFrom: process) }
            ).run()
            world.coverage.passes += 1
            try await world.answers.passEnded(process, world)
            try await world.wire.passEnded(world)
            idlePasses = result.planned.due == 0 && result.counts.attempted == 0 ? idlePasses + 1 : 0
            let next = try await nextPass(afterIdle: idlePasses)
            await world.wait(next.milliseconds(since: world.now), process)
            if process.isDead { throw RunCutOff(step: "between two passes") }
        }
    }

    /// A machine whose clock was set wrong, or right again.
    private func jumpClock(_ process: SimulatedProcess) {
        if abs(process.skewMilliseconds) > 300_000 || world.isAtRest { process.skewMilliseconds = 0 }
        guard world.strikes(.clockJump) else { return }
        process.skewMilliseconds = 1000 * world.chance.number(-200_000...200_000, "jump")
        world.note("\(place).\(process.number) clock is off by \(process.skewMilliseconds / 1000) s")
    }

    /// On a mark of cron's after something is due. What is due and was left alone is looked at 20 minutes later, and ever
    /// later while nothing comes of it: most of cron's passes find nothing new, and show nothing new.
    private func nextPass(afterIdle idlePasses: Int) async throws -> Instant {
        let now = world.now
        let isIdle = idlePasses > 0
        let patience = Int64(20) << min(max(idlePasses - 1, 0), 4)
        let limit = now.adding(hours: world.isAtRest ? 2 : 6)
        let next = try await world.office().read { tx in
            let passed = isIdle ? (at: now, id: "\u{10FFFF}") : nil
            let boundary = try BillingStates.due(now: limit, after: passed, limit: 1, tx).first?.at
            var job = try JobQueue.nextRunAt(tx)
            if isIdle, let due = job, due <= now { job = now.adding(minutes: patience) }
            let lease: Instant? = try tx.value("SELECT MIN(lease_until) FROM jobs WHERE state = 'running'")
            return [boundary, job, lease, limit].compactMap { $0 }.min() ?? limit
        }
        let mark: Int64 = world.chance.happens(700_000, "mark") ? 600_000 : 10_000
        let wanted = max(next, now.adding(milliseconds: 1)).milliseconds
        return Instant(milliseconds: (wanted + mark - 1) / mark * mark + world.chance.number(0...3_000, "mark"))
    }
}
