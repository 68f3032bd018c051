import FoundationEssentials
import Testing
import Yams

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// The JSON Schema that editors use, beside the reader.
@Suite struct ConfigurationSchemaTests {
  /// The paths to the mappings with fixed keys, and the keys that the reader knows there.
  private static let places: [(path: [String], keys: [String])] = [
    ([], ConfigurationKeys.file), (["$defs", "end", "anyOf", "1"], ConfigurationKeys.end),
    (["$defs", "origin", "anyOf", "1"], ConfigurationKeys.origin),
    (["$defs", "stamps", "anyOf", "1"], ConfigurationKeys.stamps),
    (["properties", "metadata", "anyOf", "1"], ConfigurationKeys.metadata),
    (["properties", "session"], ConfigurationKeys.session),
    (["properties", "defaults"], Settings.all.map(\.key)),
    (["$defs", "table"], ConfigurationKeys.table),
    (["$defs", "column"], ConfigurationKeys.column), (["$defs", "reference"], ConfigurationKeys.reference),
    (["$defs", "table", "properties", "duplicates", "anyOf", "1"], ConfigurationKeys.duplicates),
    (["$defs", "table", "properties", "changed_by", "anyOf", "1"], ConfigurationKeys.changedBy),
  ]

  private static func schema() throws -> JSONValue { try JSONValue(json: ConfigurationSchema.text) }

  @Test func `the library and the command have the text of the file in docs`() throws {
    let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    #expect(try ConfigurationSchema.text == String(contentsOfFile: root + "/docs/pgtide.schema.json", encoding: .utf8))
  }

  @Test func `it says which draft it follows, and uses only what the validator here knows`() throws {
    #expect(try Self.schema()["$schema"] == .string("https://json-schema.org/draft/2020-12/schema"))
    _ = try SchemaValidator(Self.schema())
  }

  @Test(arguments: places.indices)
  func `it has the keys that the reader knows, and no others`(index: Int) throws {
    let (path, keys) = Self.places[index]
    let place = try #require(try Self.schema().at(path))
    guard case .object(let properties)? = place["properties"] else {
      Issue.record("no keys at \(path)")
      return
    }
    #expect(properties.keys.sorted() == keys.sorted())
    #expect(place["additionalProperties"] == .boolean(false))
  }

  @Test func `all mappings with fixed keys are compared`() throws {
    #expect(try Self.schema().count { $0["additionalProperties"] == .boolean(false) } == Self.places.count)
  }

  @Test func `every key is described`() throws {
    for (path, keys) in Self.places {
      for key in keys {
        let property = try #require(try Self.schema().at(path + ["properties", key]))
        let description =
          try property["description"]
          ?? property.reference.map { try Self.schema().at(["$defs", $0]) }??["description"]
        guard case .string(let text)? = description else {
          Issue.record("\(path) \(key) has no description")
          continue
        }
        #expect(text.hasSuffix(".") && text.count > 20, "\(path) \(key): \(text)")
      }
    }
  }

  @Test func `every reference leads somewhere`() throws {
    let schema = try Self.schema()
    let validator = try SchemaValidator(schema)
    for reference in schema.references() { _ = try validator.resolve(reference) }
    #expect(schema.references().count > 10)
  }

  @Test(arguments: Settings.all.map(\.key))
  func `a setting has the words, the default, the ends and the values of its declaration`(key: String) throws {
    let setting = try #require(Settings.all.first { $0.key == key })
    try Self.compare(setting)
  }

  private static func compare(_ setting: some RunSetting) throws {
    let schema = try Self.schema()
    let property = try #require(schema.at(["properties", "defaults", "properties", setting.key]))
    #expect(property["description"]?.text == setting.help)
    let standard = property["default"]?.written
    #expect((standard == nil) == (setting.value(in: RunSettings()) == nil))
    if let standard { #expect(setting.isStandard(standard), "\(standard)") }
    let place = property.reference.flatMap { schema.at(["$defs", $0]) } ?? property
    let numbers = setting.range.numbers
    #expect(place["minimum"] == numbers.map { .number(Double($0.lowerBound)) })
    #expect(place["maximum"] == numbers.flatMap { $0.upperBound == .max ? nil : .number(Double($0.upperBound)) })
    let words = setting.range.choices
    if !words.isEmpty { #expect(place["pattern"] == .string("^(\(words.joined(separator: "|")))$")) }
  }

  @Test func `a flow without a name has the name that the schema says`() throws {
    let file = try ConfigurationSample.read(ConfigurationSample.head + "tables: [jobs]")
    #expect(try Self.schema().at(["properties", "flow", "default"]) == .string(file.flow))
  }
}

extension JSONValue {
  subscript(key: String) -> JSONValue? {
    switch self {
    case .object(let pairs): pairs[key]
    case .array(let values): Int(key).map { values[$0] }
    default: nil
    }
  }

  func at(_ path: [String]) -> JSONValue? { path.reduce(self) { $0?[$1] } }

  var text: String? { if case .string(let text) = self { text } else { nil } }

  /// A scalar as it stands in the file.
  fileprivate var written: String? {
    switch self {
    case .boolean(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" }
    default: text
    }
  }

  /// The name of the definition that a schema refers to.
  var reference: String? { self["$ref"]?.text.map { String($0.dropFirst("#/$defs/".count)) } }

  fileprivate var children: [JSONValue] {
    switch self {
    case .object(let pairs): Array(pairs.values)
    case .array(let values): values
    default: []
    }
  }

  /// This value and all within it for which `holds` does.
  fileprivate func count(where holds: (JSONValue) -> Bool) -> Int {
    (holds(self) ? 1 : 0) + children.reduce(0) { $0 + $1.count(where: holds) }
  }

  fileprivate func references() -> [String] {
    (self["$ref"]?.text.map { [$0] } ?? []) + children.flatMap { $0.references() }
  }
}
