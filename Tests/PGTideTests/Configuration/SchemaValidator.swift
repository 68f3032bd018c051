import FoundationEssentials

/// A validator for JSON Schema (draft 2020-12), as far as the project's own schema goes. A keyword that it does not know
/// is an error, so that no rule of the schema can pass unread.
struct SchemaValidator {
  private let root: JSONValue

  struct UnknownKeyword: Error, Equatable {
    var keyword: String
  }

  /// - Throws: ``UnknownKeyword`` if any subschema has one, reached by a value or not.
  init(_ schema: JSONValue) throws {
    root = schema
    try Self.checkKeywords(schema)
  }

  func accepts(_ value: JSONValue) throws -> Bool { try accepts(value, root) }

  // MARK: - The schema itself

  private static let annotations: Set = ["$schema", "title", "description", "default", "examples"]
  private static let withSchema: Set = ["additionalProperties", "propertyNames", "items"]
  private static let withSchemas: Set = ["properties", "$defs", "dependentSchemas"]
  private static let assertions: Set = [
    "$ref", "type", "const", "required", "minProperties", "maxProperties", "minItems", "uniqueItems", "minimum",
    "maximum", "pattern",
  ]

  private static func checkKeywords(_ schema: JSONValue) throws {
    guard case .object(let keywords) = schema else { return }
    for (keyword, value) in keywords {
      switch (keyword, value) {
      case (let keyword, _) where annotations.union(assertions).contains(keyword): break
      case (let keyword, let schema) where withSchema.contains(keyword): try checkKeywords(schema)
      case (let keyword, .object(let schemas)) where withSchemas.contains(keyword):
        for schema in schemas.values { try checkKeywords(schema) }
      case ("anyOf", .array(let schemas)): for schema in schemas { try checkKeywords(schema) }
      default: throw UnknownKeyword(keyword: keyword)
      }
    }
  }

  /// Finds `#/$defs/name`.
  func resolve(_ reference: String) throws -> JSONValue {
    guard case .object(let schema) = root, case .object(let definitions)? = schema["$defs"],
      let definition = definitions[String(reference.dropFirst("#/$defs/".count))]
    else { throw UnknownKeyword(keyword: reference) }
    return definition
  }

  // MARK: - Values

  private func accepts(_ value: JSONValue, _ schema: JSONValue) throws -> Bool {
    switch schema {
    case .boolean(let takesAll): return takesAll
    case .object(let keywords): return try keywords.allSatisfy { try accepts(value, $0.key, $0.value, keywords) }
    default: throw UnknownKeyword(keyword: "\(schema)")
    }
  }

  private func accepts(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ siblings: [String: JSONValue]
  ) throws -> Bool {
    switch (keyword, rule, value) {
    case ("$ref", .string(let reference), _): return try accepts(value, resolve(reference))
    case ("anyOf", .array(let schemas), _): return try schemas.contains { try accepts(value, $0) }
    case ("type", .string(let type), _): return value.isOf(type)
    case ("type", .array(let types), _):
      return types.contains { if case .string(let type) = $0 { value.isOf(type) } else { false } }
    case ("const", _, _): return value == rule
    case ("minimum", .number(let least), .number(let number)): return number >= least
    case ("maximum", .number(let most), .number(let number)): return number <= most
    case ("pattern", .string(let pattern), .string(let text)):
      return try Regex(pattern).matchingSemantics(.unicodeScalar).firstMatch(in: text) != nil

    case ("required", .array(let keys), .object(let pairs)):
      return keys.allSatisfy { if case .string(let key) = $0 { pairs[key] != nil } else { false } }
    case ("properties", .object(let schemas), .object(let pairs)):
      return try pairs.allSatisfy { try accepts($0.value, schemas[$0.key] ?? .boolean(true)) }
    case ("additionalProperties", _, .object(let pairs)):
      var known: Set<String> = []
      if case .object(let schemas)? = siblings["properties"] { known = Set(schemas.keys) }
      return try pairs.allSatisfy { try known.contains($0.key) || accepts($0.value, rule) }
    case ("propertyNames", _, .object(let pairs)): return try pairs.keys.allSatisfy { try accepts(.string($0), rule) }
    case ("dependentSchemas", .object(let schemas), .object(let pairs)):
      return try schemas.allSatisfy { try pairs[$0.key] == nil || accepts(value, $0.value) }
    case ("minProperties", .number(let least), .object(let pairs)): return Double(pairs.count) >= least
    case ("maxProperties", .number(let most), .object(let pairs)): return Double(pairs.count) <= most

    case ("items", _, .array(let values)): return try values.allSatisfy { try accepts($0, rule) }
    case ("minItems", .number(let least), .array(let values)): return Double(values.count) >= least
    case ("uniqueItems", .boolean(true), .array(let values)): return Set(values).count == values.count

    // Annotations, and keywords about another type than the value's. All others were refused in `init`.
    default: return true
    }
  }
}

extension JSONValue {
  fileprivate func isOf(_ type: String) -> Bool {
    switch self {
    case .null: type == "null"
    case .boolean: type == "boolean"
    case .number(let number): type == "number" || (type == "integer" && number == number.rounded())
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}
