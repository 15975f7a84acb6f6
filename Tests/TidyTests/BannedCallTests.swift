import Foundation
import Testing

/// What may not be called, and what to call instead.
struct BannedCallTests {
    private struct Ban {
        let pattern: String
        let instead: String
        /// Folders and files where it is allowed.
        var except: [String] = []
    }

    private static let clock = "take the instant as an argument; only Sources/dunlin reads the clock"
    private static let chance = "take `using: inout some RandomNumberGenerator`; only Sources/dunlin draws at random"

    private static let inThePureParts = [
        Ban(pattern: #"\bDate\(\)|\bDate\.now\b|: Date = \.now"#, instead: clock),
        Ban(pattern: #"\bContinuousClock\b|\bSuspendingClock\b|clock_gettime|gettimeofday"#, instead: clock),
        Ban(pattern: #"\bUUID\(\)|SystemRandomNumberGenerator|arc4random|getrandom"#, instead: chance),
        Ban(pattern: #"\.random\((?!.*using:)|\.shuffled\(\)|\.randomElement\(\)"#, instead: chance),
        Ban(pattern: #"Task\.sleep"#, instead: "take a `sleep` closure as an argument"),
        Ban(pattern: #"\bDispatch(Queue|Source|Group|Semaphore|Time)?\b"#, instead: "use structured concurrency"),
        Ban(pattern: #"Task\.detached"#, instead: "use a task group, so that the work ends with its caller"),
        Ban(pattern: #"ProcessInfo\.processInfo\.environment|\bgetenv\("#, instead: "take the setting as an argument"),
    ]

    private static let everywhere = [
        Ban(pattern: #"\btry!"#, instead: "throw a typed error"),
        Ban(pattern: #"\bas!"#, instead: "use `as?` and say what happens otherwise"),
        Ban(pattern: #"\bfatalError\("#, instead: "throw, or use precondition for a mistake of our own"),
        Ban(pattern: #"\bprint\("#, instead: "use Output, or the log", except: ["Sources/dunlin/Commands/"]),
        Ban(
            pattern: #"\b(class|struct|enum|actor|protocol) \w*(Manager|Helper|Util|Service)\w*"#,
            instead: "name it for what it does"),
    ]

    private static let inTexts = [
        Ban(pattern: #"\b(TODO|FIXME|XXX)\b"#, instead: "do it, or write it into the tracker"),
        Ban(pattern: #"(?i)not (yet )?implemented"#, instead: "leave it out until it exists"),
        Ban(pattern: #"\bcancelled\b"#, instead: "write canceled, as the processors do"),
    ]

    private static let inTests = [
        Ban(pattern: #"Task\.sleep|\busleep\(|\bsleep\(\d|Thread\.sleep"#, instead: "wait for the event itself"),
        Ban(pattern: #"\btry!"#, instead: "let the test throw"),
    ]

    @Test func theProgramBelowTheCommandsReadsNoClockAndDrawsNothing() throws {
        let files = Repository.swiftFiles(below: ["Sources", "jobs"]).filter { !$0.path.hasPrefix("Sources/dunlin/") }
        try check(files, Self.inThePureParts, keepsTexts: false)
    }

    @Test func nothingInTheProgramCrashesOnPurposeOrWritesPastTheOutput() throws {
        try check(Repository.swiftFiles(below: ["Sources", "jobs"]), Self.everywhere, keepsTexts: false)
    }

    @Test func nothingIsLeftForLater() throws {
        let files = Repository.swiftFiles(below: ["Sources", "jobs"])
        for file in files {
            for (index, line) in file.lines.enumerated() {
                try check(line, Self.inTexts, at: "\(file.path):\(index + 1)", file.path)
            }
        }
    }

    @Test func testsDoNotSleep() throws {
        let files = Repository.swiftFiles(below: ["Tests"]).filter { !$0.path.hasPrefix("Tests/TidyTests/") }
        try check(files, Self.inTests, keepsTexts: false)
    }

    @Test func theChecksSeeWhatTheyAreFor() throws {
        let text = """
            let a = 1 // Date() in a comment
            let b = "Date() in a text"
            let c = Date()
            """
        let file = Repository.File(path: "Sources/DunlinCore/A.swift", text: text)
        #expect(try Self.findings(file, Self.inThePureParts, keepsTexts: false).map(\.line) == [3])
        #expect(try Self.findings(file, Self.inThePureParts, keepsTexts: true).map(\.line) == [2, 3])
    }

    private func check(_ files: [Repository.File], _ bans: [Ban], keepsTexts: Bool) throws {
        #expect(!files.isEmpty)
        for file in files {
            for finding in try Self.findings(file, bans, keepsTexts: keepsTexts) {
                Issue.record("\(file.path):\(finding.line): \(finding.text)")
            }
        }
    }

    private func check(_ line: Substring, _ bans: [Ban], at place: String, _ path: String) throws {
        for ban in bans where line.range(of: ban.pattern, options: .regularExpression) != nil {
            Issue.record("\(place): \(ban.instead)")
        }
    }

    private static func findings(
        _ file: Repository.File, _ bans: [Ban], keepsTexts: Bool
    ) throws -> [(line: Int, text: String)] {
        let active = bans.filter { ban in !ban.except.contains { file.path.hasPrefix($0) } }
        let expressions = try active.map { (try NSRegularExpression(pattern: $0.pattern), $0) }
        var findings: [(line: Int, text: String)] = []
        for (index, line) in file.code(keepsTexts: keepsTexts).enumerated() where !line.isEmpty {
            let range = NSRange(line.startIndex..., in: line)
            for (expression, ban) in expressions where expression.firstMatch(in: line, range: range) != nil {
                let found = line.trimmingCharacters(in: .whitespaces)
                findings.append((index + 1, "“\(found)”: \(ban.instead)"))
            }
        }
        return findings
    }
}
