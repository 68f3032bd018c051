import ArgumentParser
import PGTide

/// `pgtide schema`: what editors need to know of the configuration file.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of pgtide.yaml, for editors.",
    discussion: """
      An editor with YAML support then completes keys, shows what they mean, and marks mistakes:

        pgtide schema > pgtide.schema.json

      and as the first line of pgtide.yaml:

        # yaml-language-server: $schema=pgtide.schema.json
      """)

  func run() {
    Console.print(ConfigurationSchema.text.trimmingSuffix(while: \.isNewline))
  }
}

extension String {
  fileprivate func trimmingSuffix(while isLeftOut: (Character) -> Bool) -> String {
    String(self[..<(lastIndex { !isLeftOut($0) }.map(index(after:)) ?? startIndex)])
  }
}
