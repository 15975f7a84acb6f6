/// A kind of trouble that the simulator makes. Each seed switches some of them on, so that one does not hide another.
public enum FaultKind: String, Hashable, Sendable, CaseIterable {
    // Processes
    /// A process ends between two steps, as by `kill -9`, and is started again.
    case crash
    /// A process stands still for minutes at a step, as by `SIGSTOP` or a suspended machine.
    case stall
    /// Processes run on machines of their own, so that nobody sees another one's end: leases have to run out.
    case otherMachines = "other_machines"
    /// The clocks of the machines differ by minutes.
    case clockSkew = "clock_skew"
    /// A machine's clock is wrong by hours or days for a while.
    case clockJump = "clock_jump"
    /// Nothing runs for days.
    case downtime
    /// Some other account's key is configured in one process for a while.
    case otherAccount = "other_account"

    // The store
    case storeBusy = "store_busy"
    /// Disk full or an I/O error, at any statement or commit.
    case storeFailure = "store_failure"
    /// The data file is replaced by a copy of an earlier day.
    case restore

    // Requests
    case slow
    case lostBefore = "lost_before"
    case lostAfter = "lost_after"
    /// The answer is lost, and the request arrives later all the same.
    case lateEffect = "late_effect"
    case serverErrors = "server_errors"
    /// A 500 whose effect happens later.
    case rolledForward = "rolled_forward"
    case throttling
    /// Half of an answer, an answer of another server, no answer.
    case brokenAnswers = "broken_answers"
    /// No request is answered for hours.
    case outage
    /// An answer that is about something else: another mode, customer, amount or debt.
    case wrongAnswers = "wrong_answers"
    /// The gateway understands another amount than was sent.
    case wrongAmounts = "wrong_amounts"

    // Events
    case eventsLost = "events_lost"
    case eventsLate = "events_late"
    case eventsDoubled = "events_doubled"
    case eventsReordered = "events_reordered"
    case eventsForged = "events_forged"

    // People
    case newCards = "new_cards"
    case cancels
    case pauses
    case refunds
    /// Price, interval and anchor change.
    case changedTerms = "changed_terms"
    /// Charging is stopped and started by a person.
    case stops
    /// Somebody works at the gateway's own pages: cancels intents, and another data file collects a period.
    case dashboard
    /// Customers pay through recovery links, at their banks and on the gateway's pages.
    case payLinks = "pay_links"
    /// Operators decide about invoices, subscriptions and jobs by hand.
    case handVerbs = "hand_verbs"

    /// Kinds that go together on the command line.
    static let groups: [(name: String, kinds: Set<FaultKind>)] = [
        ("processes", [.crash, .stall, .otherMachines, .clockSkew, .clockJump, .downtime, .otherAccount]),
        ("store", [.crash, .storeBusy, .storeFailure, .restore]),
        // What a restored file no longer knows of.
        (
            "restored",
            [
                .crash, .downtime, .restore, .lostBefore, .lostAfter, .lateEffect, .serverErrors, .eventsLate,
                .eventsReordered, .newCards, .dashboard, .payLinks,
            ]
        ),
        (
            "gateway",
            [
                .slow, .lostBefore, .lostAfter, .lateEffect, .serverErrors, .rolledForward, .throttling, .brokenAnswers,
                .outage, .wrongAnswers, .wrongAmounts,
            ]
        ),
        ("events", [.eventsLost, .eventsLate, .eventsDoubled, .eventsReordered, .eventsForged]),
        (
            "people",
            [
                .newCards, .cancels, .pauses, .refunds, .changedTerms, .stops, .dashboard, .payLinks, .handVerbs,
            ]
        ),
    ]
}

/// Which kinds of faults a run draws from.
public enum FaultProfile: Hashable, Sendable {
    /// About two in five of all kinds, drawn anew for each seed.
    case swarm
    case all
    case none
    /// Those of one group, all on.
    case group(String)

    public static var names: [String] { ["swarm", "all", "none"] + FaultKind.groups.map(\.name) }

    /// - Returns: nil for a name that is none of `names`.
    public init?(name: String) {
        switch name {
        case "swarm": self = .swarm
        case "all": self = .all
        case "none": self = .none
        default:
            guard FaultKind.groups.contains(where: { $0.name == name }) else { return nil }
            self = .group(name)
        }
    }

    /// As `init(name:)` takes it.
    public var name: String {
        switch self {
        case .swarm: "swarm"
        case .all: "all"
        case .none: "none"
        case .group(let name): name
        }
    }

    func kinds(chance: Chance) -> Set<FaultKind> {
        switch self {
        case .none: []
        case .all: Set(FaultKind.allCases)
        case .group(let name): FaultKind.groups.first { $0.name == name }?.kinds ?? []
        case .swarm: Set(FaultKind.allCases.filter { _ in chance.happens(400_000, "swarm") })
        }
    }
}
