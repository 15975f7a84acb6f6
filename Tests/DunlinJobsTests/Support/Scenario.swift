import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

/// One story of a debt, told from the owner's rows to its end; it may be cut off anywhere and goes on.
struct Scenario: Sendable, CustomTestStringConvertible {
    var name: String
    var ending: Ending
    var options: @Sendable (inout StageOptions) -> Void
    var story: @Sendable (Stage) async throws -> Void

    var testDescription: String { name }

    init(
        _ name: String, _ ending: Ending, options: @escaping @Sendable (inout StageOptions) -> Void = { _ in },
        story: @escaping @Sendable (Stage) async throws -> Void
    ) {
        self.name = name
        self.ending = ending
        self.options = options
        self.story = story
    }

    /// Tells the story, cut off before each of the steps in `cuts`.
    func run(
        cuts: Set<Int> = [], change: (Stage) -> Void = { _ in }
    ) async throws -> (steps: [String], requests: Int, problems: [String]) {
        let stage = try Stage { options(&$0) }
        for cut in cuts { stage.fuse.cut(before: cut) }
        change(stage)
        try await story(stage)
        let steps = stage.fuse.names
        let requests = stage.wire.requests.count
        stage.fuse.disarm()
        var problems = try await Judge.problems(stage, ending)
        problems += try await Judge.problemsOfAnotherPass(stage)
        return (steps, requests, problems)
    }
}

extension Scenario {
    private static func wooshpay(_ options: inout StageOptions) {
        options.kind = .wooshpay
        options.quirks.ignoresIdempotencyKeys = true
    }

    private static func oneCall(_ options: inout StageOptions) { options.sending = .oneCall }
    private static func noKeys(_ options: inout StageOptions) { options.ignoresKeys = true }

    /// A customer with a card that answers so, one subscription, and time enough for every try.
    private static func simple(_ answers: [String?] = [], days: Int64 = 40) -> @Sendable (Stage) async throws -> Void {
        { stage in
            let card = try await stage.customer()
            stage.script(card, answers)
            try await stage.subscribe()
            try await stage.run(days: days)
        }
    }

    private static func card(_ token: String, days: Int64 = 40) -> @Sendable (Stage) async throws -> Void {
        { stage in
            try await stage.customer(card: token)
            try await stage.subscribe()
            try await stage.run(days: days)
        }
    }

    /// As `simple`, with these requests disturbed.
    private static func disturbed(
        _ kind: WireRequest.Kind, _ numbers: Set<Int>, _ fault: WireFault, answers: [String?] = []
    ) -> @Sendable (Stage) async throws -> Void {
        { stage in
            let card = try await stage.customer()
            stage.script(card, answers)
            try await stage.subscribe()
            stage.wire.strike(kind, numbers, with: fault)
            try await stage.run(days: 40)
        }
    }

    static let declined = "insufficient_funds"

    static let all: [Scenario] = successes + retries + ends + losses

    private static let successes = [
        Scenario("a first charge", .paid, options: noKeys, story: simple()),
        Scenario("a first charge at WooshPay", .paid, options: wooshpay, story: simple()),
        Scenario("a first charge in one call", .paid, options: oneCall, story: simple()),
        Scenario("a late debt", .paid, options: noKeys, story: late),
        Scenario("a late debt at WooshPay", .paid, options: wooshpay, story: late),
    ]

    private static let retries = [
        Scenario("a decline, then a success", .paid, options: noKeys, story: simple([declined])),
        Scenario("a decline, then a success, at WooshPay", .paid, options: wooshpay, story: simple([declined])),
        Scenario("a decline, then a success, in one call", .paid, options: oneCall, story: simple([declined])),
        Scenario(
            "authentication is wanted", Ending(successes: 0, state: .open, waitsFor: .needsCustomer), options: noKeys,
            story: card("pm_card_authenticationRequired", days: 5)),
        Scenario(
            "authentication is wanted at WooshPay", Ending(successes: 0, state: .open, waitsFor: .needsCustomer),
            options: wooshpay, story: card("pm_card_authenticationRequired", days: 5)),
        Scenario(
            "a final decline", Ending(successes: 0, state: .open, waitsFor: .needsMethod), options: noKeys,
            story: card("pm_card_sandbox_lost_card", days: 5)),
        Scenario(
            "a final decline at WooshPay", Ending(successes: 0, state: .open, waitsFor: .needsMethod),
            options: wooshpay, story: card("pm_card_sandbox_lost_card", days: 5)),
        Scenario("another card after a final decline", .paid, options: noKeys, story: anotherCard),
    ]

    private static let ends = [
        Scenario(
            "no try succeeds", Ending(successes: 0, state: .uncollectible), options: noKeys,
            story: card("pm_card_sandbox_insufficient_funds")),
        Scenario(
            "no try succeeds at WooshPay", Ending(successes: 0, state: .uncollectible), options: wooshpay,
            story: card("pm_card_sandbox_insufficient_funds")),
        Scenario(
            "canceled between two tries", Ending(successes: 0, state: .void), options: noKeys, story: canceled),
        Scenario(
            "canceled between two tries at WooshPay", Ending(successes: 0, state: .void), options: wooshpay,
            story: canceled),
    ]

    private static let losses = [
        Scenario(
            "the answer to the create is lost", .paid, options: noKeys, story: disturbed(.create, [1], .lostAfter)),
        Scenario(
            "the answer to the create is lost at WooshPay", .paid, options: wooshpay,
            story: disturbed(.create, [1], .lostAfter)),
        Scenario(
            "the answer to the confirm is lost", .paid, options: noKeys, story: disturbed(.confirm, [1], .lostAfter)),
        Scenario(
            "the confirm is lost on its way", .paid, options: noKeys, story: disturbed(.confirm, [1], .lostBefore)),
        Scenario(
            "the answer to a declined confirm is lost", .paid, options: noKeys,
            story: disturbed(.confirm, [1], .lostAfter, answers: [declined])),
        Scenario(
            "the answer to a declined confirm is lost at WooshPay", .paid, options: wooshpay,
            story: disturbed(.confirm, [1], .lostAfter, answers: [declined])),
        Scenario(
            "the second confirm is lost", .paid, options: noKeys,
            story: disturbed(.confirm, [2], .lostBefore, answers: [declined])),
        Scenario(
            "the answer to the one call is lost", .paid, options: oneCall,
            story: disturbed(.oneCall, [1], .lostAfter)),
        Scenario("the one call is lost", .paid, options: oneCall, story: disturbed(.oneCall, [1], .lostBefore)),
    ]

    private static let late: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.customer()
        try await stage.subscribe {
            $0.anchor = Zone.utc.local(of: stage.clock.now.adding(days: -10)).date.description
            $0.billFrom = "anchor"
        }
        try await stage.run(days: 5)
    }

    private static let canceled: @Sendable (Stage) async throws -> Void = { stage in
        let card = try await stage.customer()
        stage.script(card, [declined])
        try await stage.subscribe()
        try await stage.run(days: 1)
        try await stage.cancel()
        try await stage.run(days: 10)
    }

    private static let anotherCard: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.customer(card: "pm_card_sandbox_lost_card")
        try await stage.subscribe()
        try await stage.run(days: 2)
        try await stage.card("new", of: "c1")
        try await stage.run(days: 10)
    }
}
