import PostgresValues

/// Settings that a statement of ours needs, where the databases' own code is to see those of its home otherwise.
///
/// They hold inside a transaction: up to its end, or around single statements, between a savepoint and the return to it,
/// which takes back what was set, but also whatever the statements wrote.
package struct SessionPins: Sendable, Equatable {
  private var settings: [Setting] = []

  private struct Setting: Sendable, Equatable {
    let name: String
    let value: String
  }

  package static let none = SessionPins()

  /// The server names what is not a built-in with its schema.
  package static let names = SessionPins(("search_path", ""))

  /// The server shows values in the form that any other reads as the same, and that a value has on both ends.
  package static let values = SessionPins(
    ("DateStyle", "ISO, YMD"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "3"),
    ("bytea_output", "hex"), ("lc_monetary", "C"))

  /// Only the first of these, so that a time without a zone is the home's.
  package static let localTimes = SessionPins(("DateStyle", "ISO, YMD"))

  /// Tables are joined by hashing, or by sorting.
  package static let hashing = SessionPins(("enable_nestloop", "off"))
  package static let endOfHashing: SQL = "SET LOCAL enable_nestloop TO DEFAULT"

  /// What would be hidden fails instead. Its end: ``endOfComparison``.
  package static let comparison = SessionPins(("row_security", "off"))

  /// `session` cannot set it, so that the default is what the role and the database say.
  package static let endOfComparison: SQL = "SET LOCAL row_security TO DEFAULT"

  /// Of what is shown of values: none of these has a say in how a text is read.
  package static let display = SessionPins(("extra_float_digits", "3"), ("bytea_output", "hex"))

  private init(_ settings: (name: String, value: String)...) {
    self.settings = settings.map { Setting(name: $0.name, value: $0.value) }
  }

  package static func + (left: SessionPins, right: SessionPins) -> SessionPins {
    var sum = left
    sum.settings += right.settings.filter { !left.settings.contains($0) }
    return sum
  }

  package var isEmpty: Bool { settings.isEmpty }

  /// Sets them up to the end of the transaction, with one row as its answer.
  package var statement: SQL {
    let calls = settings.map { "pg_catalog.set_config(\(literal: $0.name), \(literal: $0.value), true)" as SQL }
    return "SELECT \(calls.joined(separator: ", "))"
  }

  /// What goes before and behind statements of an open transaction that read under them; nothing where there are none.
  package var opening: [SQL] { isEmpty ? [] : PassingLocks.opening + [statement] }
  package var closing: [SQL] { isEmpty ? [] : PassingLocks.closing }

  /// What goes before and behind statements of an open transaction that write under them: what the settings were is kept
  /// aside, and comes back.
  package var lent: (opening: [SQL], closing: SQL) {
    func kept(_ place: Int) -> SQL { "\(literal: "pgtide.home_\(place)")" }
    let keeping = settings.enumerated().map { place, setting in
      "pg_catalog.set_config(\(kept(place)), pg_catalog.current_setting(\(literal: setting.name)), true)" as SQL
    }
    let back = settings.enumerated().map { place, setting in
      "pg_catalog.set_config(\(literal: setting.name), pg_catalog.current_setting(\(kept(place))), true)" as SQL
    }
    return (["SELECT \(keeping.joined(separator: ", "))", statement], "SELECT \(back.joined(separator: ", "))")
  }

  /// The statement with what goes around it, to be sent as one text.
  package func around(_ statement: SQL) -> SQL { (opening + [statement] + closing).joined(separator: ";\n") }
}

extension Sequence<SessionPins> {
  /// All of them.
  package var sum: SessionPins { reduce(.none, +) }
}
