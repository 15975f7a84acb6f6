import DunlinSandbox
import DunlinTesting
import Foundation
import GRDBSQLite
import Testing

/// What is refused: with one clear line, the right status, and nothing half-written.
@Suite(.fewAtOnce) struct RefusedInputTests {
    /// Runs a pass that must be refused before anything happens.
    private func expectRefusal(
        _ site: Site, status: Int32, saying words: String..., from server: GatewayServer? = nil
    ) async throws {
        let before = try DataFileCopy(site)
        let requests = server?.requests.count ?? 0
        let ended = try await site.program.run(site.passArguments())
        #expect(ended.status == status, "\(ended.output) \(ended.error)")
        for word in words { #expect((ended.output + ended.error).contains(word), "\(ended.output) \(ended.error)") }
        #expect(!(ended.output + ended.error).contains(Site.key), "a secret was shown")
        if let server { #expect(server.requests.count == requests, "nothing is sent") }
        #expect(before.isStillThere)
    }

    @Test func anUnknownSettingIsNamedWithLineAndColumn() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        try FileManager.default.createDirectory(
            atPath: stage.site.program.folder.file("config"), withIntermediateDirectories: true)
        try stage.site.program.write("mode: test\nworker:\n  concurency: 3\n", to: "config/dunlin.yaml")
        try await expectRefusal(
            stage.site, status: 2, saying: "config/dunlin.yaml:3:3", "concurency", from: stage.server)
    }

    @Test func aMissingKeyIsNamedAndNothingIsPlanned() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        var site = stage.site
        site.program.environment["DUNLIN_STRIPE_SECRET_KEY"] = nil
        let ended = try await site.program.run(site.passArguments())
        #expect(ended.status == 3, "\(ended.error)")
        #expect((ended.output + ended.error).contains("DUNLIN_STRIPE_SECRET_KEY"))
        #expect(try await site.list("invoices").isEmpty)
        #expect(stage.server.requests.isEmpty)
    }

    @Test func aKeyOfTheOtherModeIsRefusedBeforeAnyRequest() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        var site = stage.site
        site.program.environment["DUNLIN_STRIPE_SECRET_KEY"] = "sk_live_canary0123456789"
        try await expectRefusal(site, status: 3, saying: "is a live key", from: stage.server)
    }

    /// Another key of the same account is a rotation; a key of another account is refused until somebody adopts it.
    @Test func aKeyOfAnotherAccountIsRefusedUntilItIsAdopted() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        try await stage.site.pass(after: -60)
        var site = stage.site
        site.program.environment["DUNLIN_STRIPE_SECRET_KEY"] = "sk_test_rotated0123456789"
        try await site.pass(after: -30)
        let other = SandboxModel { $0.seed = 2 }
        let server = try await GatewayServer { other.answer($0) }
        site.program.environment["DUNLIN_STRIPE_SECRET_KEY"] = "sk_test_elsewhere012345"
        site.program.environment["DUNLIN_STRIPE_BASE_URL"] = server.baseURL
        let ended = try await site.program.run(site.passArguments())
        #expect(ended.status == 3, "\(ended.output) \(ended.error)")
        #expect((ended.output + ended.error).contains("adopt"))
        #expect(server.requests.allSatisfy { !$0.writes })
        #expect(try await site.list("invoices").isEmpty)
        let adopted = try await site.program.run("adopt", "--reason", "we moved to another account")
        #expect(adopted.status == 0, "\(adopted.error)")
        // The customers of the old account are unknown there, and a person has to look.
        #expect(try await site.pass(status: 1)["refused"] == 1)
        #expect(other.sandbox.audit.successes == 0)
    }

    /// A gateway that does not tell the account is known by its key.
    @Test func whereTheAccountIsNotToldAnotherKeyIsRefusedUntilItIsAdopted() async throws {
        let minimal = MinimalGateway(.wooshpay) { Dates.startSeconds }
        let server = try await GatewayServer { minimal.answer($0) }
        var site = try Site([.wooshpay: server.baseURL])
        let card = SavedCard(customerID: "cus_1", methodID: "pm_1")
        try await site.open([SampleSubscription(card: card, gateway: .wooshpay)])
        try await site.pass(after: -60)
        site.program.environment["DUNLIN_WOOSHPAY_SECRET_KEY"] = "sk_test_another0123456789"
        try await site.pass(status: 3)
        #expect(minimal.charges.isEmpty)
        #expect(try await site.program.run("adopt", "--reason", "the key was changed").status == 0)
        #expect(try await site.pass()["succeeded"] == 1)
    }

    @Test(arguments: ["foreign", "newer", "garbage", "empty", "missing", "truncated"])
    func aDataFileThatIsNotOursIsRefusedAndLeftAlone(kind: String) async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        let site = stage.site
        let path = site.program.folder.file("dunlin.db")
        let data = try Data(contentsOf: URL(filePath: path))
        switch kind {
        case "newer": try Self.execute("INSERT INTO schema_migrations (id, position) VALUES ('ledger-999', 999)", path)
        case "garbage": try Data(repeating: 0x64, count: 100_000).write(to: URL(filePath: path))
        case "empty": try Data().write(to: URL(filePath: path))
        case "truncated": try data.prefix(data.count / 2 + 100).write(to: URL(filePath: path))
        default:
            try FileManager.default.removeItem(atPath: path)
            if kind == "foreign" { try Self.execute("CREATE TABLE albums (id INTEGER)", path) }
        }
        try await expectRefusal(site, status: 4, saying: "Error: ", from: stage.server)
        #expect(FileManager.default.fileExists(atPath: path) == (kind != "missing"))
    }

    /// As another user than root, who may read and write everything.
    @Test(
        .enabled(
            if: geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv"),
            "needs root, to be somebody else"), arguments: ["unreadable file", "folder that may not be written"])
    func aDataFileWithoutPermissionIsRefused(kind: String) async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        let site = stage.site
        let folder = site.program.folder.path
        let path = site.program.folder.file("dunlin.db")
        chmod(folder, 0o755)
        chmod(path, kind == "unreadable file" ? 0o600 : 0o644)
        let before = try DataFileCopy(site)
        let ended = try await site.program.run(
            below: "/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups"], site.passArguments())
        #expect(ended.status == 4, "\(ended.status) \(ended.output) \(ended.error)")
        #expect(ended.error.contains("Error: "))
        #expect(before.isStillThere)
        #expect(stage.server.requests.allSatisfy { !$0.writes })
    }

    /// Every refused file is refused as a whole, with its place, and a card number in it is not repeated.
    @Test(arguments: [
        ("currency", "s1,c0,pro,100,XXQ,1,month,1,2026-03-01,UTC,false,active,"),
        ("interval", "s1,c0,pro,100,EUR,1,fortnight,1,2026-03-01,UTC,false,active,"),
        ("zone", "s1,c0,pro,100,EUR,1,month,1,2026-03-01,Mars/Base,false,active,"),
        ("amount", "s1,c0,pro,0,EUR,1,month,1,2026-03-01,UTC,false,active,"),
        ("overflow", "s1,c0,pro,9223372036854775807,EUR,9,month,1,2026-03-01,UTC,false,active,"),
        ("missing column", "s1,c0,pro,100,EUR,1,month,1"),
        ("surplus column", "s1,c0,pro,100,EUR,1,month,1,2026-03-01,UTC,false,active,,,,x"),
        ("card number", "s1,c0,4242 4242 4242 4242,100,EUR,1,month,1,2026-03-01,UTC,false,active,"),
        ("unknown customer", "s1,nobody,pro,100,EUR,1,month,1,2026-03-01,UTC,false,active,"),
    ])
    func aFileWithOneBadLineIsRefusedAsAWhole(problem: String, line: String) async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        let program = stage.site.program
        let good = try program.read("subscriptions.csv").replacing("s0,", with: "s9,")
        try program.write(good + line + "\n", to: "subscriptions.csv")
        let ended = try await program.run(["import", "subscriptions.csv"] + stage.site.clock(after: 0))
        #expect(ended.status == 2, "\(problem): \(ended.output) \(ended.error)")
        #expect(ended.error.contains("subscriptions.csv:3"), "\(ended.error)")
        #expect(!ended.error.contains("4242 4242 4242 4242") && !ended.error.contains("4242424242424242"))
        #expect(try await stage.site.list("subscriptions").count == 1)
    }

    private static func execute(_ sql: String, _ path: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        try #require(sqlite3_open(path, &handle) == SQLITE_OK)
        try #require(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
    }
}
