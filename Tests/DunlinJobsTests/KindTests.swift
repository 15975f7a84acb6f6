import DunlinCore
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs

/// Every kind of job, cut off before every statement of its transactions and before every request: generated from what
/// the run does, not listed by hand. (`CrashTests` cuts before whole transactions, over many more scenarios.)
@Suite struct KindTests {
    /// Tells the story.
    ///
    /// - Returns: the steps of its statements, how many requests there were, and what was wrong in the end.
    private static func run(
        _ story: Scenario, change: (Stage) -> Void = { _ in }
    ) async throws -> (statements: [String], kinds: Set<String>, problems: [String]) {
        let stage = try Stage { story.options(&$0) }
        change(stage)
        try await story.story(stage)
        let statements = stage.fuse.statements
        let kinds = try await KindStory.kinds(stage)
        stage.fuse.disarm()
        var problems = try await Judge.problems(stage, story.ending)
        problems += try await Judge.problemsOfAnotherPass(stage)
        return (statements, kinds, problems)
    }

    @Test(arguments: KindStory.all)
    func aRunThatIsCutOffInTheMiddleOfATransactionEndsAsIfItHadNot(_ story: Scenario) async throws {
        let (statements, _, problems) = try await Self.run(story)
        #expect(problems == [], "not cut off")
        #expect(statements.count > 10)
        for number in statements.indices {
            let (_, _, problems) = try await Self.run(story) { $0.fuse.cut(beforeStatement: number) }
            #expect(problems == [], "cut off before statement \(number), in \(statements[number])")
        }
    }

    @Test func everyKindOfJobHasAStoryInWhichItRuns() async throws {
        var seen: Set<String> = []
        for story in KindStory.all { seen.formUnion(try await Self.run(story).kinds) }
        let kinds = try Self.kindsInTheFolder()
        #expect(kinds.count >= 9)
        #expect(kinds.subtracting(seen) == [], "kinds without a story in Support/KindStory.swift")
    }

    /// The names that the files of `jobs/` give their kinds.
    private static func kindsInTheFolder() throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "jobs")
        let files = try FileManager.default.contentsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        let kinds = files.compactMap { name -> String? in
            let data = FileManager.default.contents(atPath: root.appending(path: name).path) ?? Data()
            let text = String(decoding: data, as: UTF8.self)
            guard let start = text.firstRange(of: "static let kind = \""),
                let end = text[start.upperBound...].firstIndex(of: "\"")
            else { return nil }
            return String(text[start.upperBound..<end])
        }
        return Set(kinds)
    }
}
