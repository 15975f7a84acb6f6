import DunlinDatabase
import DunlinJobs
import DunlinQueue
import DunlinWeb
import Logging
import ServiceLifecycle
import UnixSignals

/// The long-lived worker: one pass after the other until SIGTERM or SIGINT, then what is in flight is ended in order.
struct WorkerLoop: Sendable {
    let context: Context
    let settings: Settings
    let live: LiveBilling

    func run() async throws -> ExitStatus {
        let outcome = Outcome()
        let progress = WorkerProgress(now: context.clock.now())
        let group = ServiceGroup(
            configuration: .init(
                // Ended from the last to the first: while what is in flight is ended, health can still be asked for.
                services: publicServices + [
                    .init(service: Listening(listener: listener(progress)), successTerminationBehavior: .ignore),
                    .init(
                        service: Passes(loop: self, outcome: outcome, progress: progress),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: context.log))
        try await group.run()
        context.log.info("worker stopped")
        return await outcome.status
    }

    /// None where no webhook could be believed and no recovery link be made.
    private var publicServices: [ServiceGroupConfiguration.ServiceConfiguration] {
        let live = LiveInbox(context, settings, live.billing.database, pages: pages)
        guard live.isNeeded else { return [] }
        let listener = live.listener(isRequired: false)
        return [.init(service: Receiving(listener: listener), successTerminationBehavior: .ignore)]
    }

    /// Billing does not wait for the pages: what is wrong with them is said, and they are off.
    private var pages: PayPages? {
        do {
            return try LiveRecovery.pages(context, settings, live)
        } catch {
            context.log.error("the recovery pages are off", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func listener(_ progress: WorkerProgress) -> AdminListener {
        let address = settings.listen.admin
        let clock = context.clock
        let health = HealthCheck(
            database: live.billing.database, progress: progress, logger: context.log, now: { clock.now() })
        return AdminListener(host: address.host, port: address.port, health: health, logger: context.log)
    }

    /// The listener, which may have nothing to listen on: it still ends in its turn, or the group takes its end for a
    /// failure of the worker.
    private struct Listening: Service, CustomStringConvertible {
        let listener: AdminListener
        var description: String { "admin listener" }

        func run() async throws {
            try await listener.run()
            try await gracefulShutdown()
        }
    }

    private struct Receiving: Service, CustomStringConvertible {
        let listener: PublicListener
        var description: String { "public listener" }

        func run() async throws {
            try await listener.run()
            try await gracefulShutdown()
        }
    }

    private actor Outcome {
        private(set) var status = ExitStatus.done
        func set(_ status: ExitStatus) { self.status = status }
    }

    private struct Passes: Service, CustomStringConvertible {
        let loop: WorkerLoop
        let outcome: Outcome
        let progress: WorkerProgress

        /// What the log of the service group says; without it, everything that hangs on the loop.
        var description: String { "passes" }

        func run() async throws {
            // Said here, where signals are listened for already.
            loop.context.log.info("worker started", metadata: ["database": "\(loop.settings.database.path)"])
            let progress = progress
            let clock = loop.context.clock
            var options = Pass.Options()
            options.concurrency = loop.settings.worker.concurrency
            options.waitSeconds = 1
            // Asked before anything new is begun, so it is also the sign that a long pass goes on.
            options.isStopping = {
                progress.noteSign(at: clock.now())
                return Task.isShuttingDownGracefully
            }
            let source = SourceReading(loop.context, loop.settings, loop.live.billing.database)
            var readAgainAt = Int64.min
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                if let source, clock.elapsedMilliseconds() >= readAgainAt {
                    options.plansDue = try await source.readBeforePass().mayPlan
                    readAgainAt = clock.elapsedMilliseconds() + Int64(loop.settings.source?.everySeconds ?? 0) * 1000
                }
                let result = try await loop.live.pass(options).run()
                progress.notePassEnded(at: clock.now())
                loop.note(result)
                try await sleep(seconds: loop.settings.worker.pollSeconds)
            }
        }

        private func sleep(seconds: Int) async throws {
            let clock = loop.context.clock
            do {
                try await cancelWhenGracefulShutdown {
                    try await clock.sleep(milliseconds: Int64(seconds) * 1000)
                }
            } catch is CancellationError {
                return
            }
        }
    }

    private func note(_ result: Pass.Result) {
        guard result.planned.due > 0 || result.counts.attempted > 0 || result.ticks > 0 else { return }
        let report = PassReport(result)
        for line in report.lines { context.log.info("\(line)") }
    }
}
