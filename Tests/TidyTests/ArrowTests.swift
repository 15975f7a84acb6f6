import Testing

/// The arrows between the modules: what each may import. Docs: `docs/ARCHITECTURE.md`.
struct ArrowTests {
    private static let system: Set = [
        "Foundation", "Synchronization", "Glibc", "Musl", "Darwin", "Logging", "Metrics",
    ]
    private static let nio: Set = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOFoundationCompat", "NIOConcurrencyHelpers"]
    private static let server: Set = nio.union(["Hummingbird", "HummingbirdCore", "HTTPTypes", "ServiceLifecycle"])
    private static let billing: Set = ["DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger"]

    /// Folder by folder, from the bottom up. `DunlinReports` reads the queue for `prove` and `status`.
    private static let allowed: [(folder: String, imports: Set<String>)] = [
        ("Sources/DunlinCalendar", ["Foundation", "Synchronization"]),
        ("Sources/DunlinCore", ["Foundation", "Synchronization", "DunlinCalendar", "Crypto"]),
        ("Sources/DunlinDatabase", system.union(["DunlinCalendar", "GRDB", "GRDBSQLite"])),
        ("Sources/DunlinQueue", system.union(["DunlinCalendar", "DunlinDatabase"])),
        ("Sources/DunlinLedger", system.union(["DunlinCalendar", "DunlinCore", "DunlinDatabase"])),
        (
            "Sources/DunlinGateways",
            system.union(nio).union(["DunlinCalendar", "DunlinCore", "AsyncHTTPClient", "NIOSSL"])
        ),
        ("jobs", system.union(billing).union(["DunlinQueue"])),
        ("Sources/DunlinImport", system.union(billing)),
        ("Sources/DunlinReports", system.union(billing).union(["DunlinQueue", "Crypto"])),
        ("Sources/DunlinSandbox", ["Foundation", "Synchronization", "DunlinCalendar", "DunlinCore", "Crypto"]),
        (
            "Sources/DunlinSandboxServer",
            system.union(server).union(["DunlinCalendar", "DunlinCore", "DunlinSandbox", "AsyncHTTPClient"])
        ),
        (
            "Sources/DunlinWeb",
            system.union(server).union(billing).union([
                "DunlinQueue", "DunlinGateways", "DunlinJobs", "DunlinReports",
            ])
        ),
        (
            "Sources/DunlinSimulation",
            system.union(billing).union([
                "DunlinQueue", "DunlinGateways", "DunlinJobs", "DunlinImport", "DunlinReports", "DunlinSandbox",
                "DunlinWeb",
            ])
        ),
        ("Sources/DunlinDefaults", []),
    ]

    @Test(arguments: allowed.map(\.folder))
    func aModuleImportsOnlyWhatStandsBelowIt(folder: String) throws {
        let imports = try #require(Self.allowed.first { $0.folder == folder }).imports
        for file in Repository.swiftFiles(below: [folder]) {
            for (index, module) in Self.imports(of: file) where !imports.contains(module) {
                Issue.record("\(file.path):\(index + 1): \(folder) may not import \(module)")
            }
        }
    }

    @Test func everyFolderOfSourcesHasARowInTheTable() {
        let folders = Set(
            Repository.swiftFiles(below: ["Sources"]).map { file in
                file.path.split(separator: "/").prefix(2).joined(separator: "/")
            })
        #expect(folders.subtracting(Self.allowed.map(\.folder)) == ["Sources/dunlin"])
    }

    @Test func onlyTheDatabaseKnowsTheEngineAndOnlyTheBenchMeasuresIt() {
        for file in Repository.swiftFiles(below: ["Sources/dunlin"]) where !file.path.contains("/Bench/") {
            for (index, module) in Self.imports(of: file) where module.hasPrefix("GRDB") || module.contains("SQLite") {
                Issue.record("\(file.path):\(index + 1): \(module) belongs into Sources/DunlinDatabase")
            }
        }
    }

    @Test func noProgramImportsTheTestKit() {
        for file in Repository.swiftFiles(below: ["Sources", "jobs"]) {
            let modules = Set(Self.imports(of: file).map(\.module))
            #expect(modules.isDisjoint(with: ["DunlinTesting", "Testing", "XCTest"]), "\(file.path)")
        }
    }

    private static func imports(of file: Repository.File) -> [(line: Int, module: String)] {
        file.code(keepsTexts: false).enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({
                    $0.hasPrefix("@") || ["public", "internal", "package", "private"].contains($0)
                })
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
            return (index, String(name.split(separator: ".")[0]))
        }
    }
}
