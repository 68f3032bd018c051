// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] =
  [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["PGTIDE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// The framework's own calls count as unsafe, and the words for it would hide what is measured.
let microSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]

let bench = Target.Dependency.product(name: "PGTideBenchSupport", package: "pgtide")

// A package of its own, so that nobody who uses pgtide fetches what only its benchmarks need.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "pgtide-bench", targets: ["bench-main"])],
  dependencies: [
    .package(name: "pgtide", path: "../"),
    .package(url: "https://github.com/ordo-one/package-benchmark", from: "1.38.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    .executableTarget(
      name: "bench-main",
      dependencies: [
        bench, .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),
    // The parts that need no server: `scripts/bench micro`.
    .executableTarget(
      name: "Parts", dependencies: [bench, .product(name: "Benchmark", package: "package-benchmark")],
      path: "Benchmarks/Parts", swiftSettings: microSettings,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "package-benchmark")]),
  ],
  swiftLanguageModes: [.v6]
)
