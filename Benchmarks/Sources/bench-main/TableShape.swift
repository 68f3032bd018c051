/// A table, with the target's columns that come from the source.
struct TableShape {
  let table: BenchTable
  /// Quoted names.
  let columns: [String]
  /// The columns, cast to the target's types.
  let casts: [String]

  /// A query for one row: the two lists, with a line feed between their elements.
  static func question(_ table: BenchTable) -> String {
    """
    SELECT string_agg(quote_ident(attname), E'\\n' ORDER BY attnum),
      string_agg(format('%I::%s', attname, format_type(atttypid, atttypmod)), E'\\n' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = 'public.\(table.target)'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('own_id', 'source', 'created_at', 'updated_at')
    """
  }

  init(_ table: BenchTable, columns: String, casts: String) {
    self.table = table
    self.columns = columns.split(separator: "\n").map(String.init)
    self.casts = casts.split(separator: "\n").map(String.init)
  }

  /// A query for the given number, the count of rows, and a sum over them that no order changes.
  func digest(of table: String, number: Int) -> String {
    """
    SELECT \(number), count(*), coalesce(sum(hashtextextended(ROW(\(casts.joined(separator: ", ")))::text, 0)), 0)
    FROM public.\(table)
    """
  }
}
