/// How the program ends. Scripts rely on these numbers: they are never changed.
enum ExitStatus: Int32, Sendable {
    /// Done; declines are not errors.
    case done = 0
    /// Something needs a person that did not before. Also what no other status fits.
    case needsPerson = 1
    /// A bad flag, setting or file.
    case badInput = 2
    /// A key is missing, refused, or of another account or mode; a gateway is halted.
    case gateway = 3
    /// The database is busy, foreign, corrupt, newer than the program, or cannot be read or written.
    case database = 4
}
