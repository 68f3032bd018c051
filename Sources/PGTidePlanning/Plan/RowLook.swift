import PostgresValues

/// The number that stands for how a row looks: the hash of its values, of which each enters in its form.
///
/// Numbers of a `numeric(p,s)` enter by their own hash, which leaves out their sign alone. The signs of all of them are one
/// value more, which is NULL where none is negative. To ask each number whether it is below zero takes two thirds of the
/// time that its binary form takes (docs/inside/experiments.md).
package struct RowLook {
  /// Arguments of a ROW.
  private var values: [SQL] = []
  private var numbers: [SQL] = []

  /// - Parameter isStaged: the value is as it travels, not as the target holds it.
  package mutating func add(_ value: SQL, as form: DigestForm, isStaged: Bool) {
    values.append(form.of(value, isStaged: isStaged))
    if form.leavesSignOut { numbers.append(value) }
  }

  /// Adds an argument of a ROW as it is.
  package mutating func add(_ argument: SQL) { values.append(argument) }

  /// What enters the XOR of a bucket. It is hashed once more, and goes in as the seed; see ``DigestSQL``.
  package var sql: SQL { "pg_catalog.hashint8extended(0, \(Self.hash(values + signs)))" }

  /// The hash of a row with these values.
  ///
  /// The seed is no small number: the hash of a number that is not one (NaN) is the seed itself, that of a zero is one
  /// less, and a NULL counts as 0 (`hash_numeric_extended` and `hash_record_extended`).
  package static func hash(_ values: [SQL]) -> SQL {
    "pg_catalog.hash_record_extended(ROW(\(values.joined(separator: ", "))), 7046029254386353131)"
  }

  /// One number for up to 31 signs, as many as an `integer` has bits.
  private var signs: [SQL] {
    stride(from: 0, to: numbers.count, by: 31).map { first in
      let part = numbers[first..<min(first + 31, numbers.count)]
      let negative = part.map { "\($0) OPERATOR(pg_catalog.<) 0::numeric" as SQL }
      if negative.count == 1 { return "CASE WHEN \(negative[0]) THEN 1 END" }
      let bits = negative.enumerated().map { "CASE WHEN \($0.element) THEN \(1 << $0.offset) ELSE 0 END" as SQL }
      let number: SQL = bits.joined(separator: " OPERATOR(pg_catalog.+) ")
      return "CASE WHEN \(negative.joined(separator: " OR ")) THEN \(number) END"
    }
  }
}
