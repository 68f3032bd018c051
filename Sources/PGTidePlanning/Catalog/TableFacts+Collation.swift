import PostgresValues

extension TableFacts {
  /// Operators that compare these columns with others that refer to them, by the collation of these, as foreign keys do it. Two
  /// columns of different collations are not compared otherwise.
  package func collated(_ equality: [SQL], _ columns: [Identifier]) -> [SQL] {
    zip(equality, columns).map { equality, name in
      column(name)?.collation.map { "COLLATE \($0) \(equality)" } ?? equality
    }
  }
}
