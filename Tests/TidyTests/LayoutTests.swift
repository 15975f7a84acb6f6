import DunlinDefaults
import Foundation
import Testing

/// What lies where: targets, tests that run, links that lead somewhere.
struct LayoutTests {
    @Test func everySwiftFileBelongsToATarget() throws {
        let package = Repository.file("Package.swift").text
        let pattern = #"(?s)(?:library|tests|\.target|\.executableTarget|\.testTarget)\(\s*(?:name: )?"(\w+)""#
        let expression = try NSRegularExpression(pattern: pattern)
        let names = expression.matches(in: package, range: NSRange(package.startIndex..., in: package)).compactMap {
            Range($0.range(at: 1), in: package).map { String(package[$0]) }
        }
        let folders = Set(names.flatMap { ["Sources/\($0)", "Tests/\($0)"] })
        for file in Repository.swiftFiles(below: ["Sources", "Tests"]) {
            let folder = file.path.split(separator: "/").prefix(2).joined(separator: "/")
            #expect(folders.contains(folder), "no target compiles \(file.path)")
        }
    }

    @Test func aFunctionNamedTestIsATest() {
        for file in Repository.swiftFiles(below: ["Tests"]) {
            let lines = file.code(keepsTexts: false)
            for (index, line) in lines.enumerated()
            where line.range(of: #"\bfunc test\w*\("#, options: .regularExpression) != nil {
                let before = lines[max(0, index - 3)...index].joined()
                #expect(before.contains("@Test"), "\(file.path):\(index + 1) never runs: it has no @Test")
            }
        }
    }

    @Test func theDefaultsAreTheFilesOfConfigAndCron() {
        #expect(Defaults.settings == Repository.file("config/dunlin.yaml").text)
        #expect(Defaults.dunning == Repository.file("config/dunning.yaml").text)
        #expect(Defaults.declines == Repository.file("config/declines.json").text)
        #expect(Defaults.schedule == Repository.file("cron/schedule.crontab").text)
    }

    @Test func linksInTheDocumentsLeadSomewhere() throws {
        let expression = try NSRegularExpression(pattern: #"\]\(([^)#\s]+)(#[^)]*)?\)"#)
        let files = Repository.markdownFiles()
        #expect(files.contains { $0.path == "README.md" })
        for file in files {
            let folder = (file.path as NSString).deletingLastPathComponent
            for match in expression.matches(in: file.text, range: NSRange(file.text.startIndex..., in: file.text)) {
                guard let range = Range(match.range(at: 1), in: file.text) else { continue }
                let target = String(file.text[range])
                if target.contains("://") || target.hasPrefix("mailto:") { continue }
                let path = folder.isEmpty ? target : "\(folder)/\(target)"
                #expect(Repository.exists(path), "\(file.path) leads to \(target), which is not there")
            }
        }
    }

    @Test func noSecretIsInTheFilesOfSettings() {
        for path in ["config/dunlin.yaml", "config/dunning.yaml", "cron/schedule.crontab"] {
            let text = Repository.file(path).text
            #expect(text.range(of: #"[sr]k_(test|live)_\w{8}|whsec_\w{8}"#, options: .regularExpression) == nil)
        }
    }
}
