import Testing

/// The validator stands in for an editor's, so it has to be right itself.
@Suite struct SchemaValidatorTests {
  @Test(arguments: [
    (#"{"type": "integer"}"#, "4", "4.5"), (#"{"type": ["string", "null"]}"#, "null", "1"),
    (#"{"type": "number"}"#, "4.5", #""4""#), (#"{"type": "boolean"}"#, "true", "0"),
    (#"{"const": "none"}"#, #""none""#, "null"),
    (#"{"minimum": 1}"#, #""text""#, "0"), (#"{"pattern": "^a+$"}"#, #""aa""#, #""ab""#),
    (#"{"pattern": "b"}"#, #""abc""#, #""""#), (#"{"required": ["a"]}"#, #"{"a": null}"#, "{}"),
    (#"{"properties": {"a": {"type": "null"}}}"#, #"{"b": 1}"#, #"{"a": 1}"#),
    (#"{"properties": {"a": true}, "additionalProperties": false}"#, #"{"a": 1}"#, #"{"b": 1}"#),
    (#"{"additionalProperties": {"type": "null"}}"#, #"{"a": null}"#, #"{"a": 1}"#),
    (#"{"propertyNames": {"pattern": "^a"}}"#, #"{"ab": 1}"#, #"{"b": 1}"#),
    (#"{"dependentSchemas": {"a": {"properties": {"b": false}}}}"#, #"{"b": 1}"#, #"{"a": 1, "b": 1}"#),
    (#"{"minProperties": 1}"#, #"{"a": 1}"#, "{}"), (#"{"maxProperties": 1}"#, "{}", #"{"a": 1, "b": 1}"#),
    (#"{"items": {"type": "null"}}"#, "[null]", "[null, 1]"), (#"{"minItems": 1}"#, "[1]", "[]"),
    (#"{"uniqueItems": true}"#, #"[1, "1"]"#, "[[1], [1]]"),
    (#"{"anyOf": [{"type": "null"}, {"minimum": 3}]}"#, "3", "2"),
    (##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}"##, "null", "1"),
  ])
  func `a keyword takes what it should and no more`(schema: String, right: String, wrong: String) throws {
    let validator = try SchemaValidator(JSONValue(json: schema))
    #expect(try validator.accepts(JSONValue(json: right)))
    #expect(try !validator.accepts(JSONValue(json: wrong)))
  }

  @Test(arguments: [
    #"{"multipleOf": 2}"#, #"{"properties": {"a": {"multipleOf": 2}}}"#, #"{"items": {"multipleOf": 2}}"#,
    #"{"$defs": {"a": {"multipleOf": 2}}}"#, #"{"anyOf": [{"multipleOf": 2}]}"#,
  ])
  func `a keyword that is not known is refused, wherever it stands`(schema: String) {
    #expect(throws: SchemaValidator.UnknownKeyword(keyword: "multipleOf")) {
      try SchemaValidator(JSONValue(json: schema))
    }
  }
}
