import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// What `dunlin notices resend` does: all of them in one transaction, or none.
struct NoticeResend: Sendable {
    /// More are sent again by calling it again.
    private static let failedMax = 10_000

    let ids: [String]
    let allFailed: Bool
    let reason: String

    private struct Resent: Encodable, Sendable {
        let notice: Int64
        let id: String
        let kind: String
        let customer: String
        let was: String
    }

    func run(_ context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        guard settings.notices.sink != .none else {
            throw CommandFailure(.badInput, "notices.sink is none: there is nobody to send them to")
        }
        let database = try context.openDatabase(settings)
        defer { database.close() }
        let (now, actor, reason) = (context.clock.now(), context.actor, reason)
        let resent = try await database.write(step: "resend-notices") { tx in
            try chosen(tx).map { notice in
                try NoticeOutbox.sendAgain(notice, reason: reason, actor: actor, now: now, tx)
                return Resent(
                    notice: notice.id, id: notice.noticeID, kind: notice.kind.rawValue, customer: notice.customerID,
                    was: notice.state.rawValue)
            }
        }
        try context.output.show(resent) {
            Table(
                [.right("NOTICE"), .left("KIND"), .left("CUSTOMER"), .left("WAS")],
                rows: resent.map { ["\($0.notice)", $0.kind, $0.customer, $0.was] })
        }
        context.output.remark("\(resent.count) to be sent in the next pass")
        return .done
    }

    private func chosen(_ tx: Transaction) throws -> [Notice] {
        if allFailed { return try Notices.all(.failed, limit: Self.failedMax, tx) }
        return try ids.map { id in
            let found = try Int64(id).flatMap { try Notices.find($0, tx) } ?? Notices.find(noticeID: id, tx)
            guard let notice = found else { throw CommandFailure(.badInput, "there is no notice \(id)") }
            return notice
        }
    }
}
