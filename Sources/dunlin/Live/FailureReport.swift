import ArgumentParser
import DunlinCalendar
import DunlinCore

/// What an error that reached the top means for the caller: a status, and lines for standard error.
struct FailureReport {
    let status: ExitStatus
    let text: String

    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure:
            self.init(failure.status, failure.text)
        case let settings as SettingsError:
            let isOnlyKeys = settings.problems.allSatisfy { $0.kind == .key }
            self.init(isOnlyKeys ? .gateway : .badInput, settings.description)
        case let calendar as CalendarError:
            self.init(.badInput, calendar.description)
        case is CancellationError:
            self.init(.done, "")
        default:
            self.init(.needsPerson, "unexpected: \(Redaction.clean(String(describing: error)))")
        }
    }

    private init(_ status: ExitStatus, _ text: String) {
        self.status = status
        self.text = text
    }
}
