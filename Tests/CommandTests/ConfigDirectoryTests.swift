import DunlinTesting
import Foundation
import Testing

@testable import dunlin

struct ConfigDirectoryTests {
    @Test func theFlagIsTakenBeforeTheEnvironmentAndTheUsualPlaces() throws {
        let everywhere: (String) -> Bool = { _ in true }
        let environment = ["DUNLIN_CONFIG": "/of-environment"]
        #expect(try ConfigDirectory.find(flag: "f", environment: environment, fileExists: everywhere).path == "f")
        #expect(
            try ConfigDirectory.find(flag: nil, environment: environment, fileExists: everywhere).path
                == "/of-environment")
        #expect(try ConfigDirectory.find(flag: nil, environment: [:], fileExists: everywhere).path == "config")
        #expect(
            try ConfigDirectory.find(flag: nil, environment: [:]) { $0 == "/etc/dunlin/dunlin.yaml" }.path
                == "/etc/dunlin")
        #expect(try ConfigDirectory.find(flag: nil, environment: [:], fileExists: { _ in false }).path == nil)
    }

    @Test func aFolderThatWasNamedMustHaveSettings() {
        #expect(throws: SettingsError.self) {
            try ConfigDirectory.find(flag: "f", environment: [:], fileExists: { _ in false })
        }
        #expect(throws: SettingsError.self) {
            try ConfigDirectory.find(flag: nil, environment: ["DUNLIN_CONFIG": "e"], fileExists: { _ in false })
        }
    }

    @Test func theScheduleMayLieBesideTheFolder() throws {
        let folder = try TemporaryFolder()
        for name in ["config", "cron"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        let directory = ConfigDirectory(path: folder.file("config"))
        #expect(try directory.file("schedule.crontab", builtIn: "b").text == "b")
        try Data("beside".utf8).write(to: URL(filePath: folder.file("cron/schedule.crontab")))
        #expect(try directory.file("schedule.crontab", builtIn: "b").text == "beside")
        try Data("inside".utf8).write(to: URL(filePath: folder.file("config/schedule.crontab")))
        #expect(try directory.file("schedule.crontab", builtIn: "b").text == "inside")
    }
}
