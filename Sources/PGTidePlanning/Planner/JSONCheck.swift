import PostgresValues

/// Whether a `json` keeps its meaning as a `jsonb`.
///
/// A jsonb drops blanks and the order of keys, which carry none. What it refuses or loses is found here: an escaped NUL,
/// half a surrogate pair, all but the last of equal keys, and exponents that no numeric has (manual, "8.14 JSON
/// Types").
package enum JSONCheck {
  package static func condition(_ value: SQL) -> SQL {
    let text: SQL = "\(value)::pg_catalog.text"
    // Only a text with an escape for a NUL or a surrogate needs a closer look.
    let suspicious: SQL = "\(text) OPERATOR(pg_catalog.~*) \(literal: #"\\u(0000|d[89a-f])"#)"
    return """
      CASE WHEN \(suspicious) AND \(hasBadEscape(text))
        OR \(withoutStrings(text)) OPERATOR(pg_catalog.~) '[eE][+-]?[0-9]{5}' THEN false \
      ELSE \(keys(text)) OPERATOR(pg_catalog.=) \(keys("\(value)::pg_catalog.jsonb::pg_catalog.text")) END
      """
  }

  /// A backslash that is itself escaped escapes nothing, and a pair of surrogates is a character: both are taken out
  /// of the way. What is left of such escapes is what a jsonb refuses.
  private static func hasBadEscape(_ text: SQL) -> SQL {
    let pair = #"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"#
    let unescaped: SQL = "pg_catalog.regexp_replace(\(text), \(literal: #"\\\\"#), '/', 'g')"
    return """
      pg_catalog.regexp_replace(\(unescaped), \(literal: pair), '/', 'gi') \
      OPERATOR(pg_catalog.~*) \(literal: #"\\u(0000|d[89a-f])"#)
      """
  }

  /// The number of keys: outside of strings, colons stand behind keys only.
  private static func keys(_ text: SQL) -> SQL {
    "pg_catalog.length(pg_catalog.regexp_replace(\(withoutStrings(text)), '[^:]', '', 'g'))"
  }

  private static func withoutStrings(_ text: SQL) -> SQL {
    "pg_catalog.regexp_replace(\(text), \(literal: #""([^"\\]|\\.)*""#), '', 'g')"
  }
}
