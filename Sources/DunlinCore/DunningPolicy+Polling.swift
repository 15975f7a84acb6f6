extension DunningPolicy {
    /// The wait before the next question about something that has been open for so long at the gateway: the same waits
    /// as for attempts in flight, without a count of the questions.
    ///
    /// - Returns: seconds, at most a day unless the policy says otherwise.
    public func settleDelay(openSeconds: Int64) -> Int64 {
        var elapsed: Int64 = 0
        for delay in settleDelaysSeconds {
            elapsed += delay
            if elapsed > openSeconds { return delay }
        }
        return settleDelaysSeconds.last ?? 86400
    }
}
