import PostgresValues

/// What to do about a function of the database that names something without a schema which its session does not find.
package enum FunctionAdvice {
  /// Nothing of that name: a relation, a function, a type or another object, a schema.
  private static let missing: Set<String> = ["42P01", "42883", SQLState.undefinedObject, "3F000"]

  package static func advice(for error: PostgresError) -> String? {
    guard let state = error.sqlState, missing.contains(state), let function = error.context.flatMap(function) else {
      return nil
    }
    return
      "The function \(function) of the database names it, and does not find it by the search_path of our sessions. "
      + "Give it a path of its own: ALTER FUNCTION \(function) SET search_path = …, or say `search_path` under `session`."
  }

  /// The innermost function that the context names, in whatever language the server speaks.
  package static func function(in context: String) -> String? {
    // PL/pgSQL gives a name with its arguments' types; names may stand in double quotes. SQL functions come by their name
    // alone, within the language's own quotes.
    let name = #/(?:"(?:[^"]|"")+"|[\w$]+)/#
    let signature = #/(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?\([^()]*(?:\([^()]*\)[^()]*)*\)/#
    let quoted = #/SQL.*?["»„“«](.+?)["»”“«›]/#
    for line in context.split(separator: "\n") {
      // The languages' names stand in every language.
      if line.contains("PL/pgSQL"), let found = line.firstMatch(of: signature) { return String(found.output) }
      guard line.contains("SQL"), !line.contains("PL/pgSQL"), let found = line.firstMatch(of: quoted) else { continue }
      let function = found.output.1.trimmingPrefix(while: { $0.isWhitespace || $0 == "\u{A0}" })
      if function.wholeMatch(of: name) != nil { return String(function) }
    }
    return nil
  }
}
