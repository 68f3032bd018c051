/// The built `pgtide`.
enum CommandProgram {
  /// Stands beside the test bundle: `swift test` builds every product.
  static let path: String = {
    let bundle = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return (bundle + ["pgtide"]).joined(separator: "/")
  }()
}
