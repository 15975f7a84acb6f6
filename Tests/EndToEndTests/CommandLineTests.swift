import DunlinTesting
import Foundation
import Testing

/// The frame of the built program: help, statuses, where results and logs go.
struct CommandLineTests {
    @Test func helpIsGroupedAndEndsWithSuccess() async throws {
        let ended = try await Program().run("--help")
        #expect(ended.status == 0)
        #expect(ended.error.isEmpty)
        for group in ["START SUBCOMMANDS", "RUN SUBCOMMANDS", "LOOK SUBCOMMANDS"] {
            #expect(ended.output.contains(group))
        }
    }

    @Test(arguments: [
        ["no-such-command"], ["calendar"], ["calendar", "--anchor", "2024-02-30"], ["check", "--no-such-flag"],
        ["calendar", "--anchor", "2024-01-31", "--time-zone", "Mars/Base"],
        ["calendar", "--anchor", "2024-01-31", "--interval-count", "0"], ["init", "--config", "nowhere"],
        ["check", "--now", "yesterday"], ["charging", "stop"],
    ])
    func aWrongCallEndsWithStatusTwoAndOneClearComplaint(arguments: [String]) async throws {
        let ended = try await Program().run(arguments)
        #expect(ended.status == 2)
        #expect(ended.output.isEmpty)
        #expect(ended.error.hasPrefix("Error: "))
    }

    @Test func calendarNeedsNoDatabaseAndWritesWhatScriptsRelyOn() async throws {
        let ended = try await Program().run(
            "calendar", "--anchor", "2024-01-31T09:00:00", "--time-zone", "America/New_York", "--interval", "month",
            "--interval-count", "1", "--next", "3", "--json")
        #expect(ended.status == 0)
        let rows = try #require(try ended.json() as? [[String: Any]])
        #expect(rows.map { $0["index"] as? Int } == [0, 1, 2])
        #expect(
            rows.map { $0["local"] as? String } == [
                "2024-01-31T09:00:00", "2024-02-29T09:00:00", "2024-03-31T09:00:00",
            ])
        #expect(
            rows.map { $0["utc"] as? String } == [
                "2024-01-31T14:00:00Z", "2024-02-29T14:00:00Z", "2024-03-31T13:00:00Z",
            ])
        #expect(rows.map { $0["rules"] as? [String] } == [["anchor"], ["anchor", "clamp"], ["anchor"]])
    }

    @Test func initCreatesAFileForItsOwnerOnlyAndNeverASecondTime() async throws {
        let program = try Program()
        let first = try await program.run("init", "--json")
        #expect(first.status == 0)
        let created = try #require(try first.json() as? [String: Any])
        #expect(created["database"] as? String == "dunlin.db")
        #expect((created["database_id"] as? String)?.count == 32)
        let path = program.folder.file("dunlin.db")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let before = try Data(contentsOf: URL(filePath: path))
        #expect(try await program.run("init").status == 2)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func initWritesSettingsOnRequestAndOverwritesNone() async throws {
        let program = try Program()
        #expect(try await program.run("init", "--write-config").status == 0)
        let path = program.folder.file("config/dunlin.yaml")
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("mode: test"))
        try FileManager.default.removeItem(atPath: program.folder.file("dunlin.db"))
        try Data("mode: test\n".utf8).write(to: URL(filePath: path))
        let second = try await program.run("init", "--write-config")
        #expect(second.status == 2)
        #expect(second.error.contains("config/dunlin.yaml is there already"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mode: test\n")
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("dunlin.db")))
    }

    @Test func checkNamesEveryProblemWithFileAndLine() async throws {
        let program = try Program()
        #expect(try await program.run("init", "--write-config").status == 0)
        #expect(try await program.run("check").status == 0)
        try program.write("mode: test\nmoode: x\n", to: "config/dunlin.yaml")
        try program.write("prune 61 * * * * UTC prune-queue\nx 1 1 1 1 1 Nowhere y\n", to: "config/schedule.crontab")
        try program.write("version: 1\npolicies: {a: {tries_max: 99}}\n", to: "config/dunning.yaml")
        let ended = try await program.run("check")
        #expect(ended.status == 2)
        #expect(ended.output.contains("config/dunlin.yaml:2:1: unknown key moode; did you mean mode?"))
        #expect(ended.output.contains("config/schedule.crontab:1: "))
        #expect(ended.output.contains("config/schedule.crontab:2: "))
        #expect(ended.output.contains("config/dunning.yaml:2:27: "))
    }

    @Test func aKeyOfTheOtherModeEndsWithStatusThreeAndIsNotShown() async throws {
        var program = try Program()
        program.environment = ["DUNLIN_STRIPE_SECRET_KEY": "sk_live_canary0123456789"]
        let ended = try await program.run("check")
        #expect(ended.status == 3)
        #expect(ended.output.contains("sk_live_…6789 is a live key, and mode is test"))
        #expect(!(ended.output + ended.error).contains("canary"))
    }

    @Test func aForeignFileEndsWithStatusFourAndIsLeftAlone() async throws {
        let program = try Program()
        let garbage = String(repeating: "no database ", count: 1_000)
        try program.write(garbage, to: "dunlin.db")
        #expect(try await program.run("check").status == 4)
        #expect(try await program.run("charging", "stop", "--reason", "test").status == 4)
        #expect(try String(contentsOfFile: program.folder.file("dunlin.db"), encoding: .utf8) == garbage)
    }

    @Test func aMissingDataFileEndsWithStatusFourAndSaysWhatToDo() async throws {
        let ended = try await Program().run("charging", "stop", "--reason", "test")
        #expect(ended.status == 4)
        #expect(ended.error.contains("create it with init"))
    }

    @Test func theLogGoesToStandardErrorAndJSONAloneToStandardOutput() async throws {
        var program = try Program()
        program.environment = ["DUNLIN_ODD": "1"]
        let ended = try await program.run("init", "--json")
        #expect(ended.status == 0)
        #expect(try ended.json() is [String: Any])
        #expect(ended.error.contains(" warning DUNLIN_ODD is set but is no setting of Dunlin"))
        let quiet = try await program.run("init", "--json", "--database", "second.db", "--quiet")
        #expect(quiet.status == 0)
        #expect(quiet.error.isEmpty)
    }

    @Test func aShiftedClockIsRefusedInLiveMode() async throws {
        var program = try Program()
        program.environment = ["DUNLIN_MODE": "live"]
        let ended = try await program.run("init", "--now", "2026-01-01T00:00:00Z")
        #expect(ended.status == 2)
        #expect(ended.error.contains("--now is for test mode only"))
    }
}
