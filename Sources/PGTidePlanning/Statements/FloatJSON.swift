import PostgresValues

/// Values of a table as JSON that has no form for all of them: its numbers know no sign of zero.
enum FloatJSON {
  /// `value` as JSON takes it, with a negative zero as the text `-0`; `nil` where the type has no such value.
  ///
  /// - Parameter type: without a length.
  static func value(_ value: SQL, type: String) -> SQL? {
    switch type {
    case "real", "double precision":
      """
      CASE WHEN pg_catalog.concat(\(value)) OPERATOR(pg_catalog.=) '-0' THEN pg_catalog.to_jsonb('-0'::pg_catalog.text)
          ELSE pg_catalog.to_jsonb(\(value)) END
      """
    case "real[]", "double precision[]":
      """
      CASE WHEN '-0' OPERATOR(pg_catalog.=) ANY ((\(value))::pg_catalog.text[])
          THEN pg_catalog.to_jsonb((\(value))::pg_catalog.text[]) ELSE pg_catalog.to_jsonb(\(value)) END
      """
    default: nil
    }
  }
}
