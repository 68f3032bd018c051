import PostgresValues

/// `numeric(precision, scale)` out of its modifier.
package struct NumericModifier: Equatable {
  package let precision: Int
  package let scale: Int

  package init(_ modifier: Int) {
    precision = ((modifier - 4) >> 16) & 0xffff
    // 11 bits with a sign, since version 15 scales may be negative.
    scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024
  }

  /// NaN fits every numeric, infinity only one without a precision.
  package func condition(_ value: SQL) -> SQL {
    return """
      (\(value) OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(\(value)) OPERATOR(pg_catalog.<) 1e\(precision - scale) \
      AND pg_catalog.round(\(value), \(scale)) OPERATOR(pg_catalog.=) \(value))
      """
  }
}
