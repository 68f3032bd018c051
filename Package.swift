// swift-tools-version: 6.2

import PackageDescription

/// Every target of the project: no unsafe construct without the word `unsafe` beside it, and in CI
/// (`PGTIDE_STRICT=1`) no warning at all.
let settings: [SwiftSetting] =
  [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["PGTIDE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "pgtide",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "pgtide", targets: ["pgtide-main"]),
    .executable(name: "pgtide-practice", targets: ["practice-main"]),
    .library(name: "PGTide", targets: ["PGTide"]),
    // No library for users: the package in Benchmarks sees products alone. What is in it may change at any time.
    .library(
      name: "PGTideBenchSupport",
      targets: ["CopyFormat", "EphemeralPostgres", "FaultProxy", "LZ4Frame", "Postgres", "PracticeData"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    // The two C libraries, and the only modules that see them: one takes connection strings apart, one connects.
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
    .target(name: "PostgresValues", swiftSettings: settings),
    .target(name: "ConnectionStrings", dependencies: ["CLibPQ", "PostgresValues"], swiftSettings: settings),
    .target(
      name: "Postgres", dependencies: ["CLibPQ", "ConnectionStrings", "PostgresValues"], swiftSettings: settings),
    .target(name: "LZ4Frame", dependencies: ["CLZ4", system], swiftSettings: settings),
    .target(name: "CopyFormat", swiftSettings: settings),

    // The engine: what is asked and decided, without a connection; how rows move; the run, which is the library.
    .target(
      name: "PGTidePlanning", dependencies: ["ConnectionStrings", "PostgresValues", system, yams],
      resources: [.embedInCode("Resources")], swiftSettings: settings),
    .target(
      name: "PGTideTransfer", dependencies: ["PGTidePlanning", "Postgres", "CopyFormat", "LZ4Frame", logging, system],
      swiftSettings: settings),
    .target(
      name: "PGTide", dependencies: ["PGTidePlanning", "PGTideTransfer", "Postgres", logging],
      swiftSettings: settings),
    // Its client: tries settings.
    .target(name: "PGTideTune", dependencies: ["PGTide", "Postgres", logging], swiftSettings: settings),

    // The command.
    .target(name: "TerminalProgress", swiftSettings: settings),
    .target(
      name: "PGTideCommand",
      dependencies: [
        "PGTide", "PGTideTune", "Postgres", "TerminalProgress", argumentParser, lifecycle, logging, system,
      ],
      swiftSettings: settings),
    .executableTarget(name: "pgtide-main", dependencies: ["PGTideCommand", argumentParser], swiftSettings: settings),

    // Throwaway servers and practice data, for the demo, the tests and the benchmarks.
    .target(name: "EphemeralPostgres", dependencies: [subprocess], swiftSettings: settings),
    .target(
      name: "PracticeData", dependencies: ["EphemeralPostgres"], resources: [.embedInCode("Resources")],
      swiftSettings: settings),
    .executableTarget(
      name: "practice-main", dependencies: ["EphemeralPostgres", "PracticeData", argumentParser, lifecycle],
      swiftSettings: settings),

    // Inputs that nobody would write, for the parsers; the tests try a few, scripts/fuzz millions.
    .target(name: "Fuzzing", dependencies: ["PGTide", "Postgres", "CopyFormat", "LZ4Frame"], swiftSettings: settings),
    .executableTarget(name: "fuzz-main", dependencies: ["Fuzzing", argumentParser, system], swiftSettings: settings),
    // A link that can be slow and can break, for tests and benchmarks.
    .target(name: "FaultProxy", swiftSettings: settings),

    // The fault suite, which the tests run for a while and scripts/torture for as long as you like.
    .target(
      name: "Torture", dependencies: ["EphemeralPostgres", "FaultProxy", "Postgres", subprocess],
      swiftSettings: settings),
    .executableTarget(
      name: "torture-main", dependencies: ["Torture", argumentParser, system], swiftSettings: settings),

    // Tests that need no server, and the ones that start their own.
    .testTarget(name: "CopyFormatTests", dependencies: ["CopyFormat", "Fuzzing"], swiftSettings: settings),
    .testTarget(name: "LZ4FrameTests", dependencies: ["LZ4Frame"], swiftSettings: settings),
    .testTarget(name: "TerminalProgressTests", dependencies: ["TerminalProgress"], swiftSettings: settings),
    .testTarget(
      name: "PGTideTests",
      dependencies: ["PGTide", "PGTideTune", "Postgres", "CopyFormat", "Fuzzing", logging, system, yams],
      exclude: ["Statements/Golden"], swiftSettings: settings),
    // The code of the articles in Sources/PGTide/PGTide.docc, which sees what a user of the library sees.
    .testTarget(name: "ArticleTests", dependencies: ["PGTide", logging], swiftSettings: settings),
    .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"], swiftSettings: settings),
    .testTarget(name: "TortureTests", dependencies: ["Torture"], swiftSettings: settings),
    .testTarget(
      name: "PGTideCommandTests",
      dependencies: [
        "PGTideCommand", "PGTide", "PGTideTune", "Postgres", "TerminalProgress", argumentParser, lifecycle, logging,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "PGTide", "PGTideCommand", "PGTideTune", "Postgres", "EphemeralPostgres", "FaultProxy", "PracticeData",
        "Torture",
        "pgtide-main", "practice-main", logging, subprocess, system,
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
