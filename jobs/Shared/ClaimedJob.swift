import DunlinCalendar
import DunlinCore
import DunlinQueue

/// A job in the hands of a worker, with the reading of the clock that never jumps from before its claim.
struct ClaimedJob: Sendable {
    let job: Job
    /// Milliseconds of the monotonic clock at which the lease ends.
    let monotonicEnd: Int64
    let clock: BillingClock
    /// Ids of the events that this run reads the object for: applied with what the read says.
    var eventIDs: [String] = []

    var lease: Lease { job.lease }

    /// Passed once a request that takes `seconds` at most would outlive the lease, by either clock (money.md 10).
    func deadline(requestSeconds seconds: Int64) -> SendDeadline {
        let lease = lease
        let monotonicEnd = monotonicEnd
        let clock = clock
        return SendDeadline {
            clock.now().adding(seconds: seconds) > lease.until
                || clock.monotonicMilliseconds() + seconds * 1000 > monotonicEnd
        }
    }
}

/// A run was cut off at a step, as by a crash: nothing after it happens, and nobody handles it.
public struct RunCutOff: Error, Hashable, Sendable {
    public let step: String
    public init(step: String) { self.step = step }
}

/// The gateway gave no usable answer to a read: the job runs again later.
struct GatewayUnavailable: Error, CustomStringConvertible {
    let description: String
    var retryAfterSeconds: Int64?
    /// True when there was no answer at all, which counts for the circuit.
    var isSilence = false
    /// True when the gateway knows no such object or, for a list, no such endpoint.
    var isNotFound = false
}
