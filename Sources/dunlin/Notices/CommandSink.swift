import DunlinCore
import DunlinJobs
import Foundation

/// Hands notices to a program: JSON on its standard input, no shell, an environment of nothing but what stands here, and a
/// limit of time. Status 0 means taken.
struct CommandSink: NoticeSink {
    /// How often the program is looked after while it runs.
    private static let lookMilliseconds: Int64 = 20
    /// A program that was told to end has this long before it is ended.
    private static let endMilliseconds: Int64 = 2000
    private static let errorCharactersMax = 200

    let name = "command"
    /// The whole path of the program, then its arguments.
    let command: [String]
    let timeoutMilliseconds: Int64
    let clock: LiveClock

    func send(_ notice: OutgoingNotice) async -> NoticeDelivery {
        do {
            let child = try ChildProcess(
                command, environment: Self.environment(notice), input: notice.body)
            return await watch(child)
        } catch {
            return .failed("\(error)")
        }
    }

    /// No key and no secret of ours is in it (money.md 26).
    static func environment(_ notice: OutgoingNotice) -> [String: String] {
        [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
            "DUNLIN_NOTICE_ID": notice.id, "DUNLIN_NOTICE_KIND": notice.kind.rawValue,
        ]
    }

    private func watch(_ child: ChildProcess) async -> NoticeDelivery {
        let end = clock.elapsedMilliseconds() + timeoutMilliseconds
        var isToldToEnd = false
        while true {
            child.readError()
            if let status = child.status() { return delivery(status, child, isLate: isToldToEnd) }
            let now = clock.elapsedMilliseconds()
            if now >= end, !isToldToEnd {
                child.signal(SIGTERM)
                isToldToEnd = true
            }
            if now >= end + Self.endMilliseconds { child.signal(SIGKILL) }
            // A process that stops still waits for the program, or it would stay behind.
            try? await clock.sleep(milliseconds: Self.lookMilliseconds)
        }
    }

    private func delivery(_ status: ChildProcess.Status, _ child: ChildProcess, isLate: Bool) -> NoticeDelivery {
        if isLate { return .failed("the program took longer than \(timeoutMilliseconds / 1000) s and was ended") }
        let said = child.lastErrorLine.map { ": \(Redaction.clean($0).prefix(Self.errorCharactersMax))" } ?? ""
        switch status {
        case .exited(0): return .taken
        case .exited(let code): return .failed("the program ended with status \(code)\(said)")
        case .signaled(let signal): return .failed("the program was ended by signal \(signal)\(said)")
        }
    }
}
