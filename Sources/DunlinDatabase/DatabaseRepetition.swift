import Logging

extension DatabaseError {
    /// True for what may pass by itself: the database was busy, or the store failed and may be repaired.
    public var mayPass: Bool { code == .busy || isStoreFailure }
}

extension Database {
    /// Writes what must not be lost, such as a gateway's answer: repeated for as long as the failure may pass.
    ///
    /// - Parameter pause: waits before the next try; gets the number of tries so far. What it throws ends the
    ///   repetition, and so does a failure that cannot pass.
    @discardableResult
    public func writeUntilStored<T: Sendable>(
        step: String = "write", pause: @Sendable (_ tries: Int) async throws -> Void,
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        var tries = 0
        while true {
            do {
                return try await write(step: step, body)
            } catch let error as DatabaseError where error.mayPass {
                tries += 1
                options.logger?.error("a write is tried again", metadata: ["step": "\(step)", "error": "\(error)"])
                try await pause(tries)
            }
        }
    }

    /// The engine and its version, for reports about the installation.
    public static var engineVersion: String { "SQLite \(Connection.engineVersion)" }
}
