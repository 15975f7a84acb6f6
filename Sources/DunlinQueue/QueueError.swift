/// Why the queue refused.
public struct QueueError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Another worker may have the job by now: drop what this run wanted to decide.
        case leaseLost
        case notFound
        /// The job is at work; a person waits for its end.
        case running
        /// The job is done, or its work may not be given up.
        case notAllowed
        /// Another job with the same unique key is ready or running.
        case keyTaken
    }

    public let code: Code
    public let jobID: Int64

    public init(_ code: Code, jobID: Int64) {
        self.code = code
        self.jobID = jobID
    }

    public var description: String {
        switch code {
        case .leaseLost: "the lease of job \(jobID) is lost; another worker goes on with it"
        case .notFound: "there is no job \(jobID); list the jobs to find the one you mean"
        case .running: "job \(jobID) is running; wait for its end and try again"
        case .notAllowed: "job \(jobID) is done, or its work may not be given up; show it for its state"
        case .keyTaken: "another job with the unique key of job \(jobID) is waiting or running; let that one go on"
        }
    }
}
