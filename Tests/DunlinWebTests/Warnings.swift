import Logging
import Synchronization

/// Keeps what is logged at warning and above.
final class Warnings: Sendable {
    private let kept = Mutex<[String]>([])

    var texts: [String] { kept.withLock { $0 } }
    var handler: any LogHandler { Handler(warnings: self) }

    private struct Handler: LogHandler {
        let warnings: Warnings
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.level >= .warning else { return }
            warnings.kept.withLock { $0.append("\(event.message)") }
        }
    }
}
