import DunlinCalendar
import DunlinCore
import DunlinJobs
import Foundation
import Synchronization

/// Takes notices as a test says, and keeps every delivery.
final class SinkOfTests: NoticeSink {
    struct Letter: Sendable {
        var id: String
        var kind: NoticeKind
        var text: String
        var at: Instant

        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
        }

        func text(_ name: String) -> String? { object[name] as? String }
        func rows(_ name: String) -> [[String: Any]] { object[name] as? [[String: Any]] ?? [] }
    }

    typealias Answer = @Sendable (OutgoingNotice) -> NoticeDelivery

    private struct State {
        var letters: [Letter] = []
        var answer: Answer = { _ in .taken }
    }

    let name = "test"
    private let state = Mutex(State())

    /// Every delivery, in its order.
    var letters: [Letter] { state.withLock { $0.letters } }
    var customerKinds: [NoticeKind] { letters.map(\.kind).filter { $0.audience == .customer } }

    func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    func send(_ notice: OutgoingNotice) async -> NoticeDelivery {
        state.withLock { state in
            state.letters.append(
                Letter(
                    id: notice.id, kind: notice.kind, text: String(decoding: notice.body, as: UTF8.self), at: notice.at)
            )
            return state.answer(notice)
        }
    }
}
