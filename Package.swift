// swift-tools-version: 6.2
import PackageDescription

/// CI and `make lint` set HOLDFAST_STRICT: a warning in a target of ours is an error then.
let isStrict = Context.environment["HOLDFAST_STRICT"] != nil

/// Every target of ours builds under the same rules.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "holdfast",
    products: [
        .executable(name: "holdfast", targets: ["holdfast"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(
            url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .target(name: "HoldfastCore", swiftSettings: strict),
        .target(
            name: "HoldfastConfig", dependencies: ["HoldfastCore", crypto, yams],
            swiftSettings: strict),
        .target(
            name: "HoldfastMigrations", path: "migrations",
            resources: [
                .embedInCode("v0001_initial.sql"), .embedInCode("v0002_vendor_points.sql"),
                .embedInCode("v0003_assurance.sql"),
                .embedInCode("v0004_holds_and_inventory.sql"),
                .embedInCode("v0005_turnover_and_ends.sql"),
                .embedInCode("v0006_unmarked_points.sql"),
            ], swiftSettings: strict),
        .target(
            name: "HoldfastStore",
            dependencies: ["HoldfastCore", "HoldfastMigrations", crypto, database, sqlite],
            swiftSettings: strict),
        .target(
            name: "HoldfastProviders",
            dependencies: [
                "HoldfastCore", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, sqlite,
                subprocess, systemPackage,
            ],
            swiftSettings: strict),
        .target(
            name: "HoldfastEngine", dependencies: ["HoldfastCore", logging],
            swiftSettings: strict),
        .target(
            name: "HoldfastControl",
            dependencies: [
                "HoldfastCore", asyncHTTPClient, hummingbird, hummingbirdCore, httpTypes, lifecycle,
                logging, nioCore, nioHTTP1, nioPosix,
            ], swiftSettings: strict),
        .target(
            name: "HoldfastTesting", dependencies: ["HoldfastCore", "HoldfastEngine", logging],
            swiftSettings: strict),
        .target(
            name: "SimulatedClouds",
            dependencies: [
                "HoldfastCore", hummingbirdCore, httpTypes, lifecycle, logging, nioCore, nioPosix,
            ], swiftSettings: strict),
        .executableTarget(
            name: "holdfast",
            dependencies: [
                "CLinux", "HoldfastConfig", "HoldfastControl", "HoldfastCore", "HoldfastEngine",
                "HoldfastProviders", "HoldfastStore", "SimulatedClouds", argumentParser, lifecycle,
                logging, sqlite, subprocess, systemPackage, unixSignals,
            ], swiftSettings: strict),
        .executableTarget(
            name: "holdfast-bench",
            dependencies: [
                "CLinux", "HoldfastConfig", "HoldfastCore", "HoldfastEngine", "HoldfastProviders",
                "HoldfastStore", logging,
            ], path: "Benchmarks/Sources", swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "holdfast", "HoldfastControl", "HoldfastCore", "HoldfastTesting", subprocess,
                systemPackage,
            ], exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastConfigTests", dependencies: ["HoldfastConfig", "HoldfastCore"],
            exclude: ["Invalid"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastControlTests",
            dependencies: [
                "HoldfastControl", "HoldfastCore", "HoldfastEngine", "HoldfastTesting",
                lifecycle, logging,
            ], exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastCoreTests", dependencies: ["HoldfastCore", "HoldfastTesting"],
            exclude: ["Golden", "Zones"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastEngineTests",
            dependencies: ["HoldfastCore", "HoldfastEngine", "HoldfastTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastProvidersTests",
            dependencies: [
                "HoldfastCore", "HoldfastProviders", "HoldfastTesting", "SimulatedClouds",
                asyncHTTPClient, crypto, nioCore, nioHTTP1, sqlite,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastStoreTests",
            dependencies: ["HoldfastCore", "HoldfastStore", "HoldfastTesting", crypto, database],
            swiftSettings: strict),
        .testTarget(
            name: "SimulatedCloudsTests",
            dependencies: [
                "HoldfastCore", "SimulatedClouds", asyncHTTPClient, nioCore, nioHTTP1,
            ], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
