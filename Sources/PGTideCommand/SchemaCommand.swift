import ArgumentParser
import PGTide

/// `pgtide schema`: what editors need to know of the configuration file.
struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of pgtide.yaml, for editors.",
    discussion: """
      An editor with YAML support then completes keys, shows what they mean, and marks mistakes:

        pgtide schema > pgtide.schema.json

      and as the first line of pgtide.yaml:

        # yaml-language-server: $schema=pgtide.schema.json
      """)

  func run() async throws {
    try await reportingErrors(CommandLog()) {
      try Console.print(ConfigurationSchema.text.trimmingSuffix(while: \.isNewline), "the schema")
      return .success
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(while isLeftOut: (Character) -> Bool) -> String {
    String(self[..<(lastIndex { !isLeftOut($0) }.map(index(after:)) ?? startIndex)])
  }
}
