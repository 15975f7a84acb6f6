import DunlinCalendar
import DunlinQueue

/// One life of a process: from its start until it ends or is killed.
///
/// Used on the simulator's thread only.
final class SimulatedProcess: @unchecked Sendable {
    /// Of its waits; every life has a number of its own.
    let number: Int
    /// Which of the processes that are always started again.
    let place: String
    let identity: ProcessIdentity
    /// By how much its machine's clock is ahead.
    var skewMilliseconds: Int64
    /// It was given the key of another account.
    var isElsewhere = false
    let world: World
    private(set) var isDead = false

    init(number: Int, place: String, machine: String, skewMilliseconds: Int64, world: World) {
        self.number = number
        self.place = place
        self.skewMilliseconds = skewMilliseconds
        self.world = world
        identity = ProcessIdentity(
            host: machine, bootID: "1", pid: Int32(number), startTicks: UInt64(number))
    }

    /// It is a worker, and no page, inbox or program of a person.
    var makesPasses: Bool { place.hasPrefix("w") }

    /// What its machine's clock shows.
    var wallNow: Instant { world.now.adding(milliseconds: skewMilliseconds) }

    /// Nothing of it happens any more.
    func end() {
        guard !isDead else { return }
        isDead = true
        world.thread.hasten(owner: number)
    }
}
