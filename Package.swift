// swift-tools-version:6.2
import PackageDescription

// What every target of ours is compiled with. What a module exposes is written on its import lines.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
/// SQLite itself, for tests that play an application beside Dunlin, and for the floors of `dunlin bench`.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, path: String? = nil, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target
{
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "dunlin",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "dunlin", targets: ["dunlin"]),
        .library(name: "DunlinSandbox", targets: ["DunlinSandbox"]),
        .library(name: "DunlinSandboxServer", targets: ["DunlinSandboxServer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        library("DunlinCalendar", []),
        library("DunlinCore", ["DunlinCalendar", crypto]),
        library("DunlinDatabase", ["DunlinCalendar", grdb, sqlite, logging]),
        library("DunlinQueue", ["DunlinCalendar", "DunlinDatabase", logging]),
        library("DunlinLedger", ["DunlinCalendar", "DunlinCore", "DunlinDatabase", logging]),
        library("DunlinGateways", ["DunlinCalendar", "DunlinCore", asyncHTTPClient, nioCore, nioHTTP1, logging]),
        library(
            "DunlinJobs", path: "jobs", exclude: ["README.md"],
            ["DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinQueue", "DunlinLedger", logging]),
        library("DunlinImport", ["DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger", logging]),
        library(
            "DunlinReports", ["DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinQueue", "DunlinLedger", logging]),
        library("DunlinSandbox", ["DunlinCore"]),
        library(
            "DunlinSandboxServer", ["DunlinSandbox", hummingbird, hummingbirdCore, nioCore, serviceLifecycle, logging]),
        library(
            "DunlinWeb",
            [
                "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger", "DunlinQueue", "DunlinGateways",
                "DunlinJobs", "DunlinReports", hummingbird, hummingbirdCore, logging, nioCore,
                serviceLifecycle,
            ]),
        library(
            "DunlinSimulation",
            [
                "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger", "DunlinQueue", "DunlinGateways",
                "DunlinJobs", "DunlinImport", "DunlinReports", "DunlinSandbox", "DunlinWeb", logging,
            ]),
        .target(
            name: "DunlinDefaults",
            resources: [.embedInCode("config"), .embedInCode("cron")],
            swiftSettings: strict),
        .executableTarget(
            name: "dunlin",
            dependencies: [
                "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger", "DunlinQueue", "DunlinGateways",
                "DunlinJobs", "DunlinImport", "DunlinReports", "DunlinSandbox", "DunlinSandboxServer", "DunlinWeb",
                "DunlinSimulation", "DunlinDefaults", argumentParser, asyncHTTPClient, crypto, hummingbird,
                hummingbirdCore, logging, nioCore, nioHTTP1, nioPosix, serviceLifecycle, sqlite, unixSignals, yams,
            ],
            swiftSettings: strict),
        .target(
            name: "DunlinTesting",
            dependencies: ["DunlinCalendar", "DunlinDatabase", "DunlinQueue"],
            path: "Tests/DunlinTesting",
            swiftSettings: strict),
        tests("DunlinCalendarTests", ["DunlinCalendar"]),
        tests("DunlinCoreTests", ["DunlinCalendar", "DunlinCore"]),
        tests("DunlinDatabaseTests", ["DunlinCalendar", "DunlinDatabase", "DunlinTesting"]),
        tests(
            "DunlinLedgerTests", ["DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger", "DunlinTesting"]),
        tests("DunlinQueueTests", ["DunlinCalendar", "DunlinDatabase", "DunlinQueue", "DunlinTesting"]),
        tests(
            "DunlinJobsTests",
            [
                "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinDefaults", "DunlinGateways", "DunlinJobs",
                "DunlinLedger", "DunlinQueue", "DunlinReports", "DunlinSandbox", "DunlinTesting", logging,
            ]),
        tests(
            "DunlinImportTests",
            ["DunlinImport", "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger", "DunlinTesting", sqlite]),
        tests(
            "DunlinReportsTests", exclude: ["Files"],
            [
                "dunlin", "DunlinReports", "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinLedger",
                "DunlinQueue", "DunlinTesting", crypto,
            ]),
        tests(
            "DunlinWebTests",
            [
                "DunlinWeb", "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinDefaults", "DunlinJobs",
                "DunlinLedger", "DunlinQueue", "DunlinTesting", asyncHTTPClient, logging, nioCore, nioHTTP1, serviceLifecycle,
            ]),
        tests("DunlinSandboxTests", ["DunlinSandbox", "DunlinCore"]),
        tests(
            "DunlinSandboxServerTests", exclude: ["python"],
            ["DunlinSandboxServer", "DunlinSandbox", "DunlinCore", asyncHTTPClient, nioCore, nioHTTP1, logging]),
        tests(
            "DunlinGatewaysTests",
            ["DunlinCalendar", "DunlinCore", "DunlinGateways", "DunlinSandbox", nioCore, nioHTTP1, nioPosix]),
        tests(
            "SimulationTests", exclude: ["Fixtures"],
            [
                "dunlin", "DunlinSimulation", "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinDefaults",
                "DunlinJobs",
                "DunlinLedger", "DunlinQueue", "DunlinReports", "DunlinSandbox", "DunlinTesting", logging,
            ]),
        tests(
            "CommandTests",
            [
                "dunlin", "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinDefaults", "DunlinLedger",
                "DunlinSandbox", "DunlinSandboxServer", "DunlinTesting", argumentParser, logging,
            ]),
        tests(
            "EndToEndTests", exclude: ["python"],
            [
                "dunlin", "DunlinCalendar", "DunlinCore", "DunlinSandbox", "DunlinTesting", nioCore, nioHTTP1, nioPosix,
                sqlite,
            ]),
        tests(
            "FuzzTests", exclude: ["corpus"],
            [
                "dunlin", "DunlinCalendar", "DunlinCore", "DunlinDatabase", "DunlinDefaults", "DunlinGateways",
                "DunlinImport", "DunlinJobs", "DunlinLedger", "DunlinSandbox", "DunlinTesting",
            ]),
        tests("TidyTests", ["DunlinDefaults"]),
    ],
    swiftLanguageModes: [.v6]
)
