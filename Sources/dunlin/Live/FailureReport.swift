import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinImport
import DunlinSandboxServer

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
        case let database as DatabaseError:
            self.init(Self.status(database.code), Redaction.clean(database.message))
        case let table as DeclineTableError:
            self.init(.badInput, "declines.json: \(table)")
        case let file as ImportError:
            self.init(.badInput, file.description)
        case let source as SourceError:
            self.init(source.code == .query ? .badInput : .needsPerson, source.description)
        case let sandbox as SandboxServerError:
            self.init(.badInput, sandbox.description)
        case let gateway as GatewaySettingsError:
            self.init(.gateway, gateway.description)
        case is CancellationError:
            self.init(.done, "")
        default:
            self.init(.needsPerson, "unexpected: \(Redaction.clean(String(describing: error)))")
        }
    }

    /// What the schema refuses and what is there already is the caller's input; a fault of ours needs a person.
    private static func status(_ code: DatabaseError.Code) -> ExitStatus {
        switch code {
        case .exists, .constraint: .badInput
        case .columnMissing, .columnMismatch, .tooManyRows, .statement, .closed: .needsPerson
        case .busy, .foreign, .newer, .older, .corrupt, .full, .ioError, .outOfMemory, .readOnly, .networkFileSystem,
            .notFound, .cannotOpen, .transactionLost, .settingNotInForce:
            .database
        }
    }

    private init(_ status: ExitStatus, _ text: String) {
        self.status = status
        // Texts quote what was read, and what was read may hold anything.
        self.text = Redaction.clean(text)
    }
}
