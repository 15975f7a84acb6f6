/// Spaces reads out where no permit can be written down: half of what the gateway allows, leaving the rest to those who
/// bill.
actor PacedReads {
    private let spacingMilliseconds: Int64
    private let clock: LiveClock
    private var nextAt: Int64 = .min

    init(perSecond: Int, clock: LiveClock) {
        spacingMilliseconds = max(1, 2000 / Int64(max(perSecond, 1)))
        self.clock = clock
    }

    /// Waits for its turn.
    func pass() async {
        let now = clock.elapsedMilliseconds()
        let at = max(now, nextAt)
        nextAt = at + spacingMilliseconds
        // A task that is canceled meets its end at the request itself.
        try? await clock.sleep(milliseconds: at - now)
    }
}
