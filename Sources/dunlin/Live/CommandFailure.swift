/// The error of the commands: with which status the program ends, and what the reader can do.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    /// One or more lines, without secrets.
    let text: String

    init(_ status: ExitStatus, _ text: String) {
        self.status = status
        self.text = text
    }

    var description: String { text }
}
