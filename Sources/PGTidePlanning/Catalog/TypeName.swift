import PostgresValues

/// The names of types as pgtide writes them: with their schema, whatever a session's `search_path` is, or a keyword of the
/// grammar (`bigint`, `character varying(9)`), which is nothing that a schema could take over.
///
/// `format_type` leaves the schema out where the path finds the type. It is then a name for this session at this moment.
package enum TypeName {
  /// An expression for the name of the type `oid`.
  ///
  /// Both types without a name in the grammar that means no length are written in full: `character` and `bit` are of the
  /// length one. So is `json`, which is one of the grammar's from version 17 on only, while the name may be for an older
  /// server. Of the built-in types only those of the grammar have a modifier, which `format_type` always names as the
  /// grammar does. An extension's modifier stands behind the name, and before an array's brackets.
  package static func sql(_ oid: SQL, modifier: SQL? = nil) -> SQL {
    let bare: SQL = """
      CASE \(oid.inCase(of: 114, "pg_catalog.json")) \(oid.inCase(of: 199, "pg_catalog.json[]")) \
      \(oid.inCase(of: 1042, "pg_catalog.bpchar")) \(oid.inCase(of: 1014, "pg_catalog.bpchar[]")) \
      \(oid.inCase(of: 1560, "pg_catalog.\"bit\"")) \(oid.inCase(of: 1561, "pg_catalog.\"bit\"[]")) \
      ELSE (pg_catalog.pg_identify_object('pg_catalog.pg_type'::pg_catalog.regclass, \(oid), 0)).identity END
      """
    guard let modifier else { return bare }
    let (long, short): (SQL, SQL) = (
      "pg_catalog.format_type(\(oid), \(modifier))", "pg_catalog.format_type(\(oid), -1)"
    )
    return """
      CASE WHEN \(modifier) OPERATOR(pg_catalog.=) -1 THEN \(bare) \
      WHEN \(oid) OPERATOR(pg_catalog.<) \(BuiltinType.firstUnstable)::pg_catalog.oid THEN \(long) \
      ELSE pg_catalog.regexp_replace(\(bare), '[[][]]$', '') OPERATOR(pg_catalog.||) pg_catalog.substr( \
      \(long), 1 OPERATOR(pg_catalog.+) pg_catalog.length(pg_catalog.regexp_replace(\(short), '[[][]]$', ''))) END
      """
  }

  /// The name for people: a built-in type's without its schema.
  package static func short(_ name: String) -> String {
    name.hasPrefix("pg_catalog.") ? String(name.dropFirst("pg_catalog.".count)) : name
  }

  /// What stands behind the dot that is not within quotes.
  package static func withoutSchema(_ name: String) -> String {
    var isQuoted = false
    let scalars = name.unicodeScalars
    var start = scalars.startIndex
    for index in scalars.indices {
      if scalars[index] == "\"" { isQuoted.toggle() }
      if scalars[index] == ".", !isQuoted { start = scalars.index(after: index) }
    }
    return String(scalars[start...])
  }
}

extension TypeFacts {
  /// What messages call it.
  package var label: String { TypeName.short(sql) }
  /// The same without a modifier.
  package var bareLabel: String { TypeName.short(bareSQL) }
}

extension SQL {
  fileprivate func inCase(of oid: Int, _ name: String) -> SQL {
    "WHEN \(self) OPERATOR(pg_catalog.=) \(oid)::pg_catalog.oid THEN \(literal: name)"
  }
}
