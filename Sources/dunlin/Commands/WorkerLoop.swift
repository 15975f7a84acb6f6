import DunlinDatabase
import DunlinJobs
import DunlinQueue
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
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: Passes(loop: self, outcome: outcome),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: context.log))
        context.log.info("worker started", metadata: ["database": "\(settings.database.path)"])
        try await group.run()
        context.log.info("worker stopped")
        return await outcome.status
    }

    private actor Outcome {
        private(set) var status = ExitStatus.done
        func set(_ status: ExitStatus) { self.status = status }
    }

    private struct Passes: Service {
        let loop: WorkerLoop
        let outcome: Outcome

        func run() async throws {
            var options = Pass.Options()
            options.concurrency = loop.settings.worker.concurrency
            options.waitSeconds = 1
            options.isStopping = { Task.isShuttingDownGracefully }
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let result = try await loop.live.pass(options).run()
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
        guard result.planned.due > 0 || result.counts.attempted > 0 else { return }
        let report = PassReport(result)
        for line in report.lines { context.log.info("\(line)") }
    }
}
