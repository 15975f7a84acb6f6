import DunlinCalendar
import DunlinCore
import Foundation
import Logging
import Synchronization

/// Writes one line per event to standard error: time, level, message, then `key=value` in the order of the keys.
///
/// Everything passes through `Redaction`, so that a slip elsewhere does not put a card number into a log file.
struct LineLogHandler: LogHandler {
    /// Shared by all loggers of the program: it is set once the settings are read.
    private static let level = Mutex(Logger.Level.info)

    static func setLevel(_ level: Logger.Level) { Self.level.withLock { $0 = level } }

    let label: String
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String) { self.label = label }

    var logLevel: Logger.Level {
        get { Self.level.withLock { $0 } }
        set { Self.setLevel(newValue) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let line = Self.line(at: Instant(Date()), event.level, event.message.description, values, error: event.error)
        StandardStreams.writeError(line + "\n")
    }

    static func line(
        at instant: Instant, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata,
        error: (any Error)? = nil
    ) -> String {
        var line = "\(instant.rfc3339Milliseconds) \(level.rawValue) \(oneLine(message))"
        for key in metadata.keys.sorted() {
            line += " \(key)=\(quoted(oneLine(metadata[key].map { "\($0)" } ?? "")))"
        }
        if let error { line += " error=\(quoted(oneLine(String(describing: error))))" }
        return Redaction.clean(line)
    }

    private static func oneLine(_ text: String) -> String {
        text.replacingOccurrences(of: "\r", with: " ").replacingOccurrences(of: "\n", with: " ")
    }

    private static func quoted(_ value: String) -> String {
        guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return value }
        return "\"" + value.replacingOccurrences(of: "\"", with: "'") + "\""
    }
}
