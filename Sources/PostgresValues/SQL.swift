/// A statement, or a part of one, with the values that are bound to it.
///
/// Written as a string literal. What is put into it says how it enters: an identifier is quoted, another fragment is
/// inserted with its values, `bind:` becomes a parameter (`$1`), and only `raw:` enters as it is. A plain `String`
/// does not fit in, so nothing reaches a statement unquoted by mistake.
///
///     let sql: SQL = "SELECT pg_catalog.count(*) FROM \(table) WHERE \(column) IS NOT NULL LIMIT \(bind: value)"
public struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
  fileprivate enum Segment: Sendable, Hashable {
    /// Of the statement as it is written in the code.
    case text(String)
    /// What was put in: names, constants, the user's own SQL. A line break in it means something.
    case insert(String)
    case value(String?)

    /// What is compared and hashed, byte for byte: two constants that look alike make two statements.
    private var bytes: (kind: Int, text: String) {
      switch self {
      case .text(let text): (0, text)
      case .insert(let text): (1, text)
      case .value(let text?): (2, text)
      case .value(nil): (3, "")
      }
    }

    static func == (left: Segment, right: Segment) -> Bool {
      left.bytes.kind == right.bytes.kind && left.bytes.text.isSame(as: right.bytes.text)
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(bytes.kind)
      bytes.text.hash(bytesInto: &hasher)
    }
  }

  private var segments: [Segment]

  public init(stringLiteral text: String) { segments = [.text(text)] }

  public init(stringInterpolation: StringInterpolation) { segments = stringInterpolation.segments }

  /// Text that is already SQL: what the user wrote in the configuration, or what the server's catalogs returned as
  /// SQL (`format_type`).
  public init(raw text: String) { segments = [.insert(text)] }

  fileprivate init(joining fragments: some Sequence<SQL>, separator: SQL) {
    segments = [.text("")]
    for (index, fragment) in fragments.enumerated() {
      if index > 0 { segments += separator.segments }
      segments += fragment.segments
    }
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var segments: [Segment] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      segments.reserveCapacity(2 * interpolationCount + 1)
    }

    public mutating func appendLiteral(_ text: String) { segments.append(.text(text)) }

    /// Disfavored, so that a literal is a fragment and never a name.
    @_disfavoredOverload
    public mutating func appendInterpolation(_ name: Identifier) { segments.append(.insert(name.quoted)) }

    public mutating func appendInterpolation(_ name: QualifiedName) { segments.append(.insert(name.quoted)) }

    public mutating func appendInterpolation(_ number: some BinaryInteger) { segments.append(.text("\(number)")) }

    public mutating func appendInterpolation(_ fragment: SQL) { segments += fragment.segments }

    public mutating func appendInterpolation(bind value: String?) { segments.append(.value(value)) }

    /// A quoted string constant, for the few statements that take no parameters (COMMENT, COPY).
    public mutating func appendInterpolation(literal value: String) {
      segments.append(.insert(SQL.quotedLiteral(value)))
    }

    /// Behind an operator: any of these texts, as `operator ANY`. IN would look its operator up by the `search_path`.
    public mutating func appendInterpolation(anyOf values: [String]) {
      let list = values.map(SQL.quotedLiteral).joined(separator: ", ")
      segments.append(.insert("ANY (ARRAY[\(list)]::pg_catalog.text[])"))
    }

    public mutating func appendInterpolation(raw text: String) { segments.append(.insert(text)) }

    /// A fragment of several lines, of which all but the first get `spaces` in front.
    public mutating func appendInterpolation(indented fragment: SQL, by spaces: Int) {
      let indent = "\n" + String(repeating: " ", count: spaces)
      segments += fragment.segments.map { segment in
        if case .text(let text) = segment { .text(text.replacing(each: "\n", with: indent)) } else { segment }
      }
    }

    /// Code between dollar quotes, as DO takes it: people can read it, because nothing in it is escaped. A block takes
    /// no parameters, so that values which are bound in it are written out.
    public mutating func appendInterpolation(dollarQuoted code: SQL) {
      let text = code.written
      var tag = "$pgtide$"
      var number = 0
      while text.utf8.contains(tag.utf8) {
        number += 1
        tag = "$pgtide\(number)$"
      }
      segments.append(.insert("\(tag)\n\(text)\n\(tag)"))
    }
  }

  /// The text with `$1`, `$2`, … for its values.
  public var text: String {
    var text = ""
    var number = 0
    for segment in segments {
      switch segment {
      case .text(let part), .insert(let part): text += part
      case .value:
        number += 1
        text += "$\(number)"
      }
    }
    return text
  }

  /// The bound values in the order of their numbers, in PostgreSQL's text form; `nil` is NULL.
  public var values: [String?] {
    segments.compactMap { if case .value(let value) = $0 { .some(value) } else { nil } }
  }

  public var isEmpty: Bool { text.isEmpty }

  /// A string constant that reads the same whatever `standard_conforming_strings` is.
  static func quotedLiteral(_ value: String) -> String {
    let quoted = "'" + value.replacing(each: "'", with: "''") + "'"
    return value.utf8.contains(UInt8(ascii: "\\")) ? "E" + quoted.replacing(each: "\\", with: "\\\\") : quoted
  }
}

extension Sequence<SQL> {
  /// The fragments in a row, with `separator` between them.
  public func joined(separator: SQL) -> SQL {
    SQL(joining: self, separator: separator)
  }
}

/// An array of texts in the form that PostgreSQL reads (manual, "8.15.2 Array Value Input").
public func arrayText(_ elements: [String?]) -> String {
  let quoted = elements.map { element in
    guard let element else { return "NULL" }
    return "\"" + element.replacing(each: "\\", with: "\\\\").replacing(each: "\"", with: "\\\"") + "\""
  }
  return "{" + quoted.joined(separator: ",") + "}"
}

extension SQL {
  /// The statement with its values written out as constants, for a script that somebody else runs.
  public var script: String { written + ";" }

  /// The text with its values as constants.
  fileprivate var written: String {
    segments.map { segment in
      switch segment {
      case .text(let text), .insert(let text): text
      case .value(let value): value.map(Self.quotedLiteral) ?? "NULL"
      }
    }.joined()
  }
}
