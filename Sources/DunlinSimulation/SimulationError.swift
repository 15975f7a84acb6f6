/// What stops a simulation; its text says what to look at.
public struct SimulationError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// The sandbox refused a customer or a card of the sample.
        case sampleRefused
        /// Work was due and did not go on.
        case standstill
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
