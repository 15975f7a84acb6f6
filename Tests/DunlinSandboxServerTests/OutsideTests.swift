import DunlinSandboxServer
import Foundation
import Testing

/// Other people's code against the sandbox: Stripe's official library, the schema of its API, and curl.
@Suite struct OutsideTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/python"
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let environment = root + "/.build-python"
    private static let schema =
        root + "/../shared/gateways/stripe-schema/stripe-schema-2026-07-29.dahlia.json"

    /// Whether the virtual environment is there or could be made.
    private static let isPrepared = try? run("/bin/sh", [folder + "/prepare.sh", environment], [:]).status == 0

    @Test(.enabled("needs python3 with venv, and PyPI once") { isPrepared == true })
    func theOfficialStripeLibraryWorksUnchanged() async throws {
        try await check("stripe_library.py") { _ in [:] }
    }

    @Test(
        .enabled("needs python3 with venv, and PyPI once") { isPrepared == true },
        .enabled("needs ../shared/gateways/stripe-schema") { FileManager.default.fileExists(atPath: schema) })
    func everyAnswerFitsTheSchemaOfTheAPI() async throws {
        try await check("schema.py") { _ in ["SCHEMA": Self.schema] }
    }

    @Test(.enabled("needs curl") { FileManager.default.isExecutableFile(atPath: "/usr/bin/curl") })
    func theStoryInTheDocumentationRunsByCurl() async throws {
        let text = try String(contentsOfFile: Self.root + "/docs/sandbox.md", encoding: .utf8)
        let begin = try #require(text.range(of: "# story: wooshpay"))
        let end = try #require(text[begin.upperBound...].range(of: "```"))
        let story = String(text[begin.lowerBound..<end.lowerBound])
        try await RunningServer.with { server in
            let result = try await Self.runElsewhere("/bin/sh", ["-c", story], ["BASE": server.address.baseURL])
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.hasSuffix("the story is told\n"))
        }
    }

    /// A Chromium by one of its names.
    private static let browser: String? = {
        let names = [
            "chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable",
            "chrome-headless-shell",
        ]
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let named = ProcessInfo.processInfo.environment["CHROMIUM"].map { [$0] } ?? []
        let paths = named + names.flatMap { name in folders.map { "\($0)/\(name)" } }
        return paths.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", environment + "/bin/python"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        .enabled("needs a Chromium: apt-get install chromium-headless-shell") { browser != nil },
        .enabled("needs python3") { python != nil })
    func aCardHolderGetsThroughThePagesInARealBrowser() async throws {
        let python = try #require(Self.python)
        let browser = try #require(Self.browser)
        try await RunningServer.with { server in
            let variables = ["SANDBOX_URL": server.address.baseURL, "CHROMIUM": browser]
            let result = try await Self.runElsewhere(python, [Self.folder + "/browser.py"], variables)
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("ok   test_a_payment_is_approved"))
        }
    }

    private func check(
        _ script: String, _ more: @Sendable (RunningServer) -> [String: String]
    ) async throws {
        try await RunningServer.with { server in
            let variables = [
                "SANDBOX_URL": server.address.baseURL,
                "SANDBOX_WEBHOOK_SECRET": server.address.stripeWebhookSecret,
            ].merging(more(server)) { $1 }
            let result = try await Self.runElsewhere(
                Self.environment + "/bin/python", [Self.folder + "/" + script], variables)
            #expect(result.status == 0, "\(result.output)")
        }
    }

    /// Runs a program without blocking the threads that the server needs.
    private static func runElsewhere(
        _ program: String, _ arguments: [String], _ variables: [String: String]
    ) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(program, arguments, variables) })
            }
        }
    }

    private static func run(
        _ program: String, _ arguments: [String], _ variables: [String: String]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
