import Synchronization

/// Keeps one request of a kind back, before it takes effect or before its answer leaves, until a test lets it go.
final class Hold: Sendable {
    enum Moment: Sendable {
        /// The gateway has read the request and has done nothing.
        case beforeEffect
        /// The gateway has done what was asked, and its answer has not left.
        case afterEffect
    }

    let moment: Moment
    let reached = Event<Void>()

    private struct State {
        var isLetGo = false
        var goOn: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init(_ moment: Moment) { self.moment = moment }

    /// Lets the request go on, from where it is.
    func letGo() {
        let goOn = state.withLock { state in
            state.isLetGo = true
            defer { state.goOn = nil }
            return state.goOn
        }
        goOn?()
    }

    /// Called where the request is: `goOn` is what comes after.
    func stop(_ goOn: @escaping @Sendable () -> Void) {
        let mayGo = state.withLock { state in
            if !state.isLetGo { state.goOn = goOn }
            return state.isLetGo
        }
        if mayGo { goOn() }
        reached.happen()
    }
}
