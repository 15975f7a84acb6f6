import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinJobs
import DunlinLedger
import Foundation

/// What `dunlin events import` does: all of the file, or nothing of it.
struct EventImport: Sendable {
    /// A larger file is imported in parts.
    private static let bytesMax = 256 << 20

    let file: String
    let gateway: String

    private struct Imported: Encodable, Sendable {
        var events = 0
        var new = 0
        var known = 0
        var toApply = 0
        var ignored = 0
    }

    func run(_ context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        guard settings.gateway(gateway) != nil else {
            let names = settings.gateways.map(\.name).joined(separator: ", ")
            throw CommandFailure(.badInput, "the settings have no gateway \(gateway): they have \(names)")
        }
        let bytes = try bytes()
        let events = try read(bytes)
        // One hash for all: the events of a file have no bodies of their own.
        let bodyHash = HexDigest.sha256(bytes)
        let database = try context.openDatabase(settings)
        defer { database.close() }
        let (now, mode, gateway) = (context.clock.now(), settings.mode, gateway)
        let imported = try await database.write(step: "import-events") { tx in
            var imported = Imported()
            for event in events {
                let isKnown = try Events.find(gateway: gateway, id: event.id, tx) != nil
                let new = NewEvent(
                    gateway: gateway, event: event, source: .import, bodyHash: bodyHash)
                let state = try EventInbox.store(new, mode: mode, now: now, tx)
                imported.events += 1
                if isKnown { imported.known += 1 } else { imported.new += 1 }
                if state.isOpen { imported.toApply += 1 }
                if state == .ignored, !isKnown { imported.ignored += 1 }
            }
            return imported
        }
        try context.output.show(imported) {
            [
                "\(imported.events.counted("event")): \(imported.new) new, \(imported.known) known already",
                "\(imported.toApply) to be applied in the next pass, \(imported.ignored) ignored",
            ]
        }
        return .done
    }

    private func read(_ bytes: [UInt8]) throws -> [GatewayEvent] {
        do throws(EventParser.FileProblem) {
            return try EventParser.events(inFile: bytes)
        } catch {
            throw CommandFailure(
                .badInput, "\(file), line \(error.line): \(error.problem.rawValue); nothing was imported")
        }
    }

    private func bytes() throws -> [UInt8] {
        let handle: FileHandle
        if file == "-" {
            handle = .standardInput
        } else {
            guard let opened = FileHandle(forReadingAtPath: file) else {
                throw CommandFailure(.badInput, "\(file) cannot be read")
            }
            handle = opened
        }
        guard let data = try handle.read(upToCount: Self.bytesMax + 1) else { return [] }
        guard data.count <= Self.bytesMax else {
            throw CommandFailure(.badInput, "\(file) has more than \(Self.bytesMax >> 20) MiB: split it by lines")
        }
        return Array(data)
    }
}
