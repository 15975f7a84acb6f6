import ArgumentParser

/// A command: its flags, and what it does with a `Context`.
///
/// The frame loads nothing by itself: a command that needs no database or key works without them.
protocol DunlinCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }

    /// - Returns: how the program ends. What cannot be done is thrown.
    func run(in context: Context) async throws -> ExitStatus
}

extension DunlinCommand {
    mutating func run() async throws {
        let status = try await run(in: Context(global))
        if status != .done { throw ExitCode(status.rawValue) }
    }
}
