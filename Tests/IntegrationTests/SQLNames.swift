/// Finds what PostgreSQL looks up by the `search_path` in a statement: operators, functions, types and relations without
/// their schema, and the constructs of the grammar that look an operator up by its bare name.
///
/// A statement that an index was made by is the server's own words (`pg_get_indexdef`), and is passed over.
struct SQLNames {
  private let tokens: [SQLToken]
  /// The body of a DO.
  private let isCode: Bool
  private var mistakes: [String] = []
  /// Names that WITH defines.
  private var expressions: Set<String> = []
  /// The depths of parentheses in which `name = value` is an assignment.
  private var assignments: Set<Int> = []
  private var depth = 0

  static func mistakes(in statement: String) -> [String] {
    let tokens = SQLToken.read(statement)
    let opening = tokens.prefix(3).map(\.text)
    if opening.starts(with: ["create", "index"]), opening.last != "if" { return [] }
    // Behind its USING stands a condition.
    if opening.starts(with: ["create", "policy"]) {
      return mistakes(Array(tokens.drop { $0.text != "using" }.dropFirst()), isCode: false)
    }
    return mistakes(tokens, isCode: false)
  }

  private static func mistakes(_ tokens: [SQLToken], isCode: Bool) -> [String] {
    var names = SQLNames(tokens: tokens, isCode: isCode)
    names.collectExpressions()
    for index in tokens.indices { names.look(at: index) }
    return names.mistakes
  }

  private init(tokens: [SQLToken], isCode: Bool) {
    self.tokens = tokens
    self.isCode = isCode
  }

  private func text(_ index: Int) -> String { isToken(index) ? tokens[index].text : "" }

  private func kind(_ index: Int) -> SQLToken.Kind? { isToken(index) ? tokens[index].kind : nil }

  private func isToken(_ index: Int) -> Bool { index >= 0 && index < tokens.count }

  /// `name AS (`, `name AS MATERIALIZED (`, `WITH RECURSIVE name (columns) AS (`.
  private mutating func collectExpressions() {
    for index in tokens.indices where tokens[index].isName {
      if text(index + 1) == "as", ["(", "materialized"].contains(text(index + 2)) { expressions.insert(text(index)) }
      if text(index - 1) == "recursive", text(index - 2) == "with" { expressions.insert(text(index)) }
    }
  }

  private mutating func look(at index: Int) {
    switch tokens[index].kind {
    case .symbol: lookAtSymbol(index)
    case .operator: lookAtOperator(index)
    case .word: lookAtWord(index)
    case .quoted: lookAtCall(index)
    case .code:
      if text(index - 1) == "do" { mistakes += Self.mistakes(SQLToken.read(tokens[index].text), isCode: true) }
    case .string, .number, .parameter, .sign: break
    }
  }

  // MARK: - Operators

  private mutating func lookAtSymbol(_ index: Int) {
    switch text(index) {
    case "(":
      depth += 1
      if text(index - 1) == "with" { assignments.insert(depth) }
    case ")":
      assignments.remove(depth)
      depth -= 1
    case ";": assignments.remove(depth)
    case "::": lookAtType(index + 1)
    default: break
    }
  }

  private mutating func lookAtOperator(_ index: Int) {
    let name = text(index)
    if text(index - 1) == ".", text(index - 3) == "(", text(index - 4) == "operator" { return }
    if name == "*", !isOperand(index - 1) { return }
    if name == "=", isAssignment(index) { return }
    if isCode, name == "<<" || name == ">>" { return }
    mistakes.append("the operator \(name) without its schema")
  }

  /// The sign of a constant is no operator, if it is not the constant that is cast.
  private func isOperand(_ index: Int) -> Bool {
    guard let kind = kind(index) else { return false }
    switch kind {
    case .quoted, .string, .number, .parameter, .code: return true
    case .symbol: return [")", "]"].contains(text(index))
    case .operator, .sign: return false
    case .word: return !Self.keywords.contains(text(index))
    }
  }

  private func isAssignment(_ index: Int) -> Bool {
    assignments.contains(depth) && tokens[index - 1].isName
      && ["set", "local", "session", "using", "diagnostics", ",", "("].contains(text(index - 2))
  }

  // MARK: - Words

  private mutating func lookAtWord(_ index: Int) {
    let word = text(index)
    if text(index - 1) == "." { return lookAtCall(index) }
    let next = text(index + 1)
    switch word {
    case "set", "using", "diagnostics": assignments.insert(depth)
    case "from", "where", "returning", "then", "begin": assignments.remove(depth)
    default: break
    }
    switch word {
    case "in" where next == "(": mistakes.append("IN looks = up")
    case "between", "like", "ilike", "similar", "nullif", "natural", "overlaps":
      mistakes.append("\(word.uppercased()) looks an operator up")
    case "distinct" where text(index - 1) == "is" || text(index - 1) == "not" && text(index - 2) == "is":
      mistakes.append("IS DISTINCT FROM looks = up")
    case "using" where next == "(": mistakes.append("USING (…) looks = up")
    case "case" where next != "when" && text(index - 1) != "end":
      mistakes.append("CASE with an operand looks = up")
    case "cast" where next == "(": lookAtCast(index)
    case "from", "join", "into", "update", "only", "table": lookAtRelation(word, index + 1)
    default: lookAtCall(index)
    }
    // `name type`, as in a table's definition or a declaration; but `(FORMAT text)` is COPY's.
    if text(index - 1) == "format", text(index - 2) == "(" { return }
    if Self.types.contains(word), next != ".", isToken(index - 1), tokens[index - 1].isName,
      !Self.keywords.contains(text(index - 1))
    {
      mistakes.append("the type \(word) without its schema")
    }
  }

  private mutating func lookAtCall(_ index: Int) {
    let name = text(index)
    guard text(index + 1) == "(", text(index - 1) != "." else { return }
    // `AS name (columns)`
    if text(index - 1) == "as" || expressions.contains(name) { return }
    // `interval day to second(3)`
    if name == "second", ["to", "interval"].contains(text(index - 1)) { return }
    if kind(index) == .word, Self.keywords.contains(name) || Self.grammarTypes.contains(name) { return }
    mistakes.append("the function \(name) without its schema")
  }

  private mutating func lookAtType(_ index: Int) {
    if text(index + 1) == "." { return }
    if kind(index) == .word, Self.grammarTypes.contains(text(index)) { return }
    mistakes.append("the type \(text(index)) without its schema")
  }

  /// `CAST(x AS type)`
  private mutating func lookAtCast(_ start: Int) {
    var open = 0
    for index in tokens.indices.dropFirst(start + 1) {
      if text(index) == "(" { open += 1 }
      if text(index) == ")" { open -= 1 }
      if open == 1, text(index) == "as" { lookAtType(index + 1) }
      if open == 0 { return }
    }
  }

  private mutating func lookAtRelation(_ opening: String, _ index: Int) {
    guard let kind = kind(index), kind == .word || kind == .quoted, text(index + 1) != "." else { return }
    let name = text(index)
    if kind == .word, Self.keywords.contains(name) { return }
    // PL/pgSQL's variables.
    if isCode, opening == "into" { return }
    // A function, of which more is said by its call.
    if text(index + 1) == "(" && opening != "into" { return }
    if !expressions.contains(name) { mistakes.append("the relation \(name) without its schema") }
  }

  // MARK: - The grammar

  /// Types that the grammar knows, whose names nothing can take over.
  private static let grammarTypes: Set<String> = [
    "bigint", "bit", "boolean", "char", "character", "dec", "decimal", "double", "float", "int", "integer", "interval",
    "national", "nchar", "numeric", "real", "smallint", "time", "timestamp", "varchar", "varying", "precision",
  ]

  /// Types that are looked up, as far as a statement of ours may need them.
  private static let types: Set<String> = [
    "bool", "bpchar", "bytea", "cid", "cstring", "date", "float4", "float8", "inet", "int2", "int4", "int8", "json",
    "jsonb", "oid", "record", "refcursor", "regclass", "regtype", "text", "tid", "timestamptz", "timetz", "uuid", "xid",
    "xid8", "xml",
  ]

  /// Words that name nothing. Behind some of them a parenthesis stands that is no call's.
  private static let keywords: Set<String> = [
    "abort", "add", "all", "always", "analyze", "and", "any", "array", "as", "asc", "begin", "both", "by", "cascade",
    "case", "cast", "check", "close", "coalesce", "collate", "column", "comment", "commit", "conflict", "constraints",
    "continue", "copy", "create", "cross", "current_user", "declare", "default", "deferred", "delete", "desc",
    "distinct", "do", "drop", "else", "elsif", "end", "escape", "except", "excluded", "exists", "exit", "extract",
    "false", "fetch", "filter", "first", "following", "for", "from", "full", "function", "grant", "greatest", "group",
    "having", "identity", "if", "immediate", "in", "inner", "insert", "intersect", "into", "is", "join", "key",
    "lateral", "last", "leading", "least", "left", "limit", "local", "lock", "loop", "materialized", "mode", "nothing",
    "not", "notice", "null", "nulls", "of", "offset", "on", "only", "open", "operator", "or", "order", "ordinality",
    "outer", "over", "overlay", "partition", "perform", "position", "primary", "public", "raise", "recursive",
    "references", "returning", "revoke", "right", "rollback", "row", "rows", "schema", "select", "session_user", "set",
    "some", "stdin", "stdout", "substring", "system", "table", "then", "to", "trailing", "transaction", "trim", "true",
    "truncate", "union", "unique", "unlogged", "update", "using", "vacuum", "value", "values", "when", "where", "while",
    "window", "with", "within",
  ]
}
