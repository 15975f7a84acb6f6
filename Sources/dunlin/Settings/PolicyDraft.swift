import DunlinCalendar
import DunlinCore

/// A policy as it is written: what is left out is nil.
struct PolicyDraft {
    /// A length of time, or none on purpose.
    enum Length: Hashable {
        case seconds(Int64)
        case none

        var seconds: Int64? {
            switch self {
            case .seconds(let seconds): seconds
            case .none: nil
            }
        }
    }

    struct ClassDraft {
        var tries: Int?
        var delays: [RetryDelay]?
        var grace: Length?
        var notices: [NoticeKind?]?
    }

    var triesMax: Int?
    var grace: Length?
    var subscription: FinalAction.OfSubscription?
    var invoice: FinalAction.OfInvoice?
    var lastNotice: Length?
    var methodExpiring: Length?
    var tellsRecovered: Bool?
    var tellsCanceled: Bool?
    var classes: [DeclineClass: ClassDraft] = [:]

    /// - Parameter path: as problems name it.
    init(_ node: SettingsTree, _ path: String, _ reader: DunningReader) {
        let keys = reader.map(node, path, known: ["tries_max", "grace", "final", "notices", "classes"])
        triesMax = reader.integer(keys["tries_max"], "\(path).tries_max", in: 1...15)
        grace = reader.length(keys["grace"], "\(path).grace")
        readFinal(keys["final"], "\(path).final", reader)
        readNotices(keys["notices"], "\(path).notices", reader)
        let names = DeclineClass.allCases.map(\.rawValue)
        for (name, node) in reader.map(keys["classes"], "\(path).classes", known: names) {
            guard let declineClass = DeclineClass(rawValue: name) else { continue }
            classes[declineClass] = Self.classDraft(node, "\(path).classes.\(name)", declineClass, reader)
        }
    }

    private mutating func readFinal(_ node: SettingsTree?, _ path: String, _ reader: DunningReader) {
        let keys = reader.map(node, path, known: ["subscription", "invoice"])
        subscription = reader.choice(keys["subscription"], "\(path).subscription")
        invoice = reader.choice(keys["invoice"], "\(path).invoice")
        guard subscription == .cancelSubscription, invoice == .open, let place = keys["invoice"]?.place else { return }
        reader.report("\(path).invoice: the debts of a canceled subscription end; write uncollectible", at: place)
    }

    private mutating func readNotices(_ node: SettingsTree?, _ path: String, _ reader: DunningReader) {
        let keys = reader.map(node, path, known: ["last_notice", "method_expiring", "recovered", "canceled"])
        lastNotice = reader.length(keys["last_notice"], "\(path).last_notice")
        methodExpiring = reader.length(keys["method_expiring"], "\(path).method_expiring")
        tellsRecovered = reader.isOn(keys["recovered"], "\(path).recovered")
        tellsCanceled = reader.isOn(keys["canceled"], "\(path).canceled")
        guard let length = methodExpiring?.seconds, length % 86_400 != 0, let place = keys["method_expiring"]?.place
        else { return }
        reader.report("\(path).method_expiring: expects whole days, such as 21d", at: place)
    }

    private static func classDraft(
        _ node: SettingsTree, _ path: String, _ declineClass: DeclineClass, _ reader: DunningReader
    ) -> ClassDraft {
        let keys = reader.map(node, path, known: ["tries", "delays", "grace", "notices"])
        var draft = ClassDraft(grace: reader.length(keys["grace"], "\(path).grace"))
        let kinds = NoticeKind.allCases.prefix(2).map(\.rawValue).joined(separator: ", ")
        let isSilent = if case .text("none", _)? = keys["notices"] { true } else { false }
        draft.notices =
            isSilent
            ? []
            : reader.values(keys["notices"], "\(path).notices", expected: "one of: \(kinds), none") { text in
                if text == "none" { return NoticeKind?.none }
                guard let kind = NoticeKind(rawValue: text), kind == .paymentFailed || kind == .actionNeeded else {
                    return NoticeKind??.none
                }
                return kind
            }
        guard declineClass.mayRetry else {
            for key in ["tries", "delays"] {
                guard let place = keys[key]?.place else { continue }
                reader.report("\(path).\(key): what is \(declineClass.rawValue) is never retried by itself", at: place)
            }
            return draft
        }
        draft.tries = reader.integer(keys["tries"], "\(path).tries", in: 1...15)
        draft.delays = reader.values(
            keys["delays"], "\(path).delays",
            expected: "30m, 6h, 3d, next payday, next 1st, next 15th or next friday"
        ) { RetryDelay($0) }
        return draft
    }

    // MARK: - What is left out

    /// - Parameter fallbacks: where what is left out comes from, the strongest first.
    func policy(name: String, paydays: Paydays, fallbacks: [PolicyDraft]) -> DunningPolicy {
        let all = [self] + fallbacks
        func first<T>(_ path: KeyPath<PolicyDraft, T?>) -> T? { all.lazy.compactMap { $0[keyPath: path] }.first }
        let triesMax = first(\.triesMax) ?? DunningPolicy().triesMax
        let classes = DeclineClass.allCases.map { ($0, Self.rule($0, all, triesMax: triesMax)) }
        var invoice = first(\.invoice) ?? .uncollectible
        let subscription = first(\.subscription) ?? .leaveOpen
        // The two may come from different policies; the debts of a canceled subscription end.
        if subscription == .cancelSubscription { invoice = .uncollectible }
        return DunningPolicy(
            name: name, classes: Dictionary(uniqueKeysWithValues: classes), triesMax: triesMax, paydays: paydays,
            finalAction: FinalAction(subscription: subscription, invoice: invoice),
            notices: NoticePlan(
                lastNoticeSeconds: first(\.lastNotice)?.seconds,
                methodExpiringDays: first(\.methodExpiring)?.seconds.map { Int($0 / 86_400) },
                tellsRecovered: first(\.tellsRecovered) ?? false, tellsCanceled: first(\.tellsCanceled) ?? false))
    }

    private static func rule(
        _ declineClass: DeclineClass, _ all: [PolicyDraft], triesMax: Int
    ) -> DunningPolicy.ClassRule {
        let drafts = all.map { $0.classes[declineClass] }
        // A policy's own grace counts before that of a class of the policy below it.
        let grace = zip(all, drafts).lazy.compactMap { $1?.grace ?? $0.grace }.first
        return DunningPolicy.ClassRule(
            delays: drafts.lazy.compactMap { $0?.delays }.first ?? [],
            triesMax: drafts.lazy.compactMap { $0?.tries }.first ?? triesMax, graceSeconds: grace?.seconds,
            notices: drafts.lazy.compactMap { $0?.notices }.first ?? [])
    }
}

/// What `paydays` says.
struct PaydaysDraft {
    var paydays = Paydays()

    init() {}

    init(_ node: SettingsTree, _ reader: DunningReader) {
        let keys = reader.map(node, "paydays", known: ["days", "at"])
        let days = reader.values(
            keys["days"], "paydays.days", expected: "1 to 31, last_working_day, or a weekday such as friday"
        ) { text in Paydays.Day(text).flatMap { $0 == .payday ? nil : $0 } }
        let time = reader.value(keys["at"], "paydays.at", expected: "a local time such as 00:01") { LocalTime($0) }
        if let days { paydays.days = days }
        if let time { paydays.time = time }
    }
}

extension DunningReader {
    func length(_ node: SettingsTree?, _ path: String) -> PolicyDraft.Length? {
        value(node, path, expected: "a length of time such as 7d, 12h or 30m, or none") { text in
            if text == "none" { return .some(PolicyDraft.Length.none) }
            return RetryDelay.seconds(of: text).map { .seconds($0) }
        }
    }
}
