extension ReportLedger {
  /// Takes over what became of a table's chunks.
  package func take(_ extracted: ExtractedTable, of table: TablePlan) {
    change(table) { report in
      report.counts = extracted.counts
      report.bytes = extracted.bytes
      report.chunks = extracted.chunks
      report.extractSeconds = extracted.seconds
    }
  }
}
