import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting
import Testing

@testable import DunlinReports
@testable import dunlin

/// What a person decides at the command line. Invoice N1 is that of `subN`: 11 is due, 21 was declined, 31 needs a card,
/// 41 is unknown, 51 asks first, 61 is being ended, 71 is on hold by a pause, 81 has a dead job, 91 was given up.
@Suite struct HandCommandTests {
    private static func states(_ file: CommandFile, _ ids: [Int64]) async throws -> [String] {
        try await file.read { tx in
            try ids.map { id in
                let invoice = try Invoices.get(id, tx)
                return invoice.waitsFor?.rawValue ?? invoice.state.rawValue
            }
        }
    }

    private static func activity(_ file: CommandFile, _ kind: String) async throws -> [String] {
        try await file.read { tx in
            try tx.rows("SELECT COALESCE(reason, '') AS reason, actor FROM activity WHERE kind = ?1 ORDER BY id", kind)
            {
                "\(try $0.get("reason", as: String.self)) \(try $0.get("actor", as: String.self))"
            }
        }
    }

    @Test func eachVerbDoesWhatItSaysAndThePromisesHold() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        #expect(await file.run("invoices", "hold", "21", "--reason", "complaint") == .done)
        #expect(try await Self.states(file, [21]) == ["on_hold"])
        #expect(await file.run("invoices", "release", "21", "--reason", "settled") == .done)
        #expect(try await Self.states(file, [21]) == ["retrying"])
        #expect(await file.run("invoices", "retry", "81", "--reason", "outage over") == .done)
        #expect(await file.run("invoices", "void", "11", "--reason", "billed by mistake") == .done)
        #expect(await file.run("invoices", "mark-paid", "91", "--reason", "bank transfer") == .done)
        #expect(await file.run("invoices", "mark-uncollectible", "31", "--reason", "insolvent") == .done)
        #expect(await file.run("invoices", "note", "61", "--reason", "asked twice") == .done)
        #expect(try await Self.states(file, [11, 91]) == ["void", "paid"])
        #expect(try await Self.states(file, [31]) == ["closing"], "its intent is canceled at the gateway first")
        let held = try await Self.activity(file, "held")
        #expect(held.count == 1 && held[0].hasPrefix("complaint ") && held[0].contains("@"))
        #expect(await file.run("prove") == .done)
    }

    @Test(arguments: [
        (["invoices", "mark-paid", "41"], "in flight"), (["invoices", "mark-uncollectible", "41"], "in flight"),
        (["invoices", "retry", "41"], "in flight"), (["invoices", "hold", "41"], "in flight"),
        (["invoices", "void", "10"], "paid"), (["invoices", "mark-paid", "10"], "paid already"),
        (["invoices", "void", "91"], "given up"), (["invoices", "retry", "91"], "uncollectible"),
        (["invoices", "retry", "51"], "asked about it first"), (["invoices", "retry", "71"], "on hold"),
        (["invoices", "void", "61"], "being ended"), (["invoices", "release", "11"], "not on hold"),
        (["invoices", "retry", "999"], "no such invoice"), (["subscriptions", "resume", "sub1"], "not paused"),
        (["subscriptions", "unpark", "sub1"], "not parked"), (["subscriptions", "pause", "nobody"], "no such"),
        (["invoices", "refund", "11"], "only what was collected"),
    ])
    func whatWouldBreakAPromiseIsRefusedAndChangesNothing(_ arguments: [String], _ words: String) async throws {
        let file = try await CommandFile(HealthyLedger.write)
        let before = try await file.everything()
        let status = await Dunlin.run(
            arguments + ["--reason", "x", "--database", file.path, "--config", "config", "--quiet"])
        #expect(status == .badInput)
        #expect(try await file.everything() == before)
        #expect(await file.run("prove") == .done)
    }

    @Test(arguments: [
        ["invoices", "void", "--reason", "x"], ["invoices", "void", "11", "--filter", "state=open", "--reason", "x"],
        ["invoices", "void", "11"], ["invoices", "void", "11", "--reason", " "],
        ["invoices", "void", "--filter", "state=asleep", "--reason", "x", "--yes"],
        ["invoices", "void", "--filter", "colour=red", "--reason", "x", "--yes"],
        ["invoices", "void", "--filter", "state=open,state=paid", "--reason", "x", "--yes"],
        ["invoices", "void", "--filter", "since=yesterday", "--reason", "x", "--yes"],
        ["invoices", "retry", "11", "--max-rate", "fast", "--reason", "x"],
        ["invoices", "refund", "10", "20", "--amount", "1.00", "--reason", "x"],
        ["subscriptions", "pause", "sub1", "--keep", "--shift", "--reason", "x"],
        // Many, nobody at the keyboard, and no --yes.
        ["invoices", "hold", "11", "21", "--reason", "x"],
    ])
    func whatIsNotSaidClearlyIsNotDone(_ arguments: [String]) async throws {
        let file = try await CommandFile(HealthyLedger.write)
        let before = try await file.everything()
        #expect(
            await Dunlin.run(arguments + ["--database", file.path, "--config", "config", "--quiet"]) == .badInput)
        #expect(try await file.everything() == before)
    }

    @Test func aDryRunChangesNothing() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        let before = try await file.everything()
        #expect(
            await file.run("invoices", "void", "--filter", "state=open", "--reason", "x", "--dry-run", "--json")
                == .done)
        #expect(await file.run("subscriptions", "cancel", "sub2", "--reason", "x", "--dry-run") == .done)
        #expect(await file.run("invoices", "void", "10", "--reason", "x", "--dry-run") == .badInput)
        #expect(try await file.everything() == before)
    }

    @Test func namedRowsAreDecidedTogetherOrNotAtAll() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        #expect(await file.run("invoices", "void", "11", "10", "--reason", "x", "--yes") == .badInput)
        #expect(try await Self.states(file, [11]) == ["scheduled"])
        #expect(await file.run("invoices", "void", "11", "21", "11", "--reason", "x", "--yes") == .done)
        #expect(try await Self.activity(file, "debt_ended").count == 3, "two of them, and one that was there")
    }

    @Test func ofTheRowsThatFitAFilterThoseThatMayNotBeDecidedAreLeftOut() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        #expect(await file.run("invoices", "hold", "--filter", "state=open", "--reason", "x", "--yes") == .done)
        let states = try await Self.states(file, [11, 21, 31, 41, 51, 71, 81])
        #expect(states == ["on_hold", "on_hold", "on_hold", "unknown", "on_hold", "on_hold", "on_hold"])
        #expect(await file.run("prove") == .done)
    }

    @Test func aFilterMeansWhatItSays() async throws {
        let file = try await CommandFile(HealthyLedger.write)
        func ids(_ text: String) async throws -> [Int64] {
            let filter = try RowFilter(
                parsing: text, keys: Invoices.filterKeys, states: Invoices.filterStates, zone: .utc)
            return try await file.read { tx in try Invoices.ids(filter, limit: 100, tx) }
        }
        #expect(try await ids("decline=insufficient_funds,state=retrying") == [21])
        #expect(try await ids("decline=needs_method") == [31])
        #expect(try await ids("customer=cus4,since=2026-11-01") == [41])
        #expect(try await ids("customer=cus4,since=2026-11-01T00:00:01Z") == [])
        #expect(try await ids("state=paid,plan=basic,currency=EUR,gateway=stripe").count == 9)
        #expect(try await ids("subscription=sub1,plan=gold") == [])
    }

    @Test func triesAreSpreadOverTimeAtTheRateThatWasAskedFor() async throws {
        let file = try await CommandFile { rows in
            try rows.gateway()
            try rows.customer()
            try rows.method()
            for number in 1...3 {
                try rows.subscription("sub\(number)")
                try rows.state("sub\(number)")
                try rows.invoice(
                    Int64(number), of: "sub\(number)", from: "2026-11-0\(number)", to: "2026-12-0\(number)",
                    waitsFor: "retrying", nextAttemptAt: LedgerRows.now.adding(days: 9))
                try rows.job("charge-invoice/\(number)", runAt: LedgerRows.now.adding(days: 9))
            }
        }
        #expect(
            await file.run(
                "invoices", "retry", "--filter", "state=retrying", "--max-rate", "2/min", "--reason", "pay day",
                "--now", "2026-11-21T12:00:00Z", "--yes") == .done)
        let times = try await file.read { tx in
            try tx.rows("SELECT run_at FROM jobs WHERE state = 'ready' ORDER BY run_at") {
                try $0.get(0, as: Instant.self)
            }
        }
        #expect(zip(times, times.dropFirst()).map { $1.milliseconds(since: $0) } == [30_000, 30_000])
        #expect(times.first.map { $0.milliseconds(since: LedgerRows.now) < 60_000 } == true)
    }

    @Test func aTwinIsUnparkedByAPersonAndABrokenRowIsNot() async throws {
        let file = try await CommandFile { rows in
            try rows.customer()
            try rows.method()
            try rows.subscription("one")
            try rows.state("one")
            try rows.subscription("two")
            try rows.subscription("odd", currency: "XTS")
            for id in ["two", "odd"] {
                try rows.state(
                    id, "parked", next: nil, through: nil, parkedReason: "looks like a second import of one", hash: "")
            }
        }
        #expect(await file.run("subscriptions", "unpark", "odd", "--reason", "x") == .badInput)
        #expect(await file.run("subscriptions", "unpark", "two", "--reason", "a second seat") == .done)
        let allowed = try await file.read { tx in
            try tx.rows("SELECT subscription_id FROM billing_state WHERE allows_twin = 1") {
                try $0.get(0, as: String.self)
            }
        }
        #expect(allowed == ["two"])
    }
}

extension CommandFile {
    /// Every row that people decide about, as text: equal when nothing was changed.
    func everything() async throws -> [String] {
        try await read { tx in
            try ["invoices", "jobs", "billing_state", "refunds", "activity", "changed_rows"].flatMap { table in
                let columns = try tx.rows("SELECT name FROM pragma_table_info(?1) ORDER BY cid", table) {
                    try $0.get(0, as: String.self)
                }
                let row = columns.map { "COALESCE(CAST(\($0) AS TEXT), '-')" }.joined(separator: " || '|' || ")
                return try tx.rows("SELECT \(row) FROM \(table) ORDER BY 1") { try $0.get(0, as: String.self) }
            }
        }
    }
}
