import Postgres

extension PostgresError {
  /// A text is none in the encoding of one end or of the line between them.
  package var isAboutEncoding: Bool { sqlState == SQLState.characterNotInRepertoire || sqlState == "22P05" }
}

extension TablePlan {
  /// What to read in place of a chunk that could not be copied; `nil` if its error is not about texts, or no row is to
  /// blame.
  package func withoutUnreadable(
    _ chunk: Chunk, after error: any Error, of plan: SyncPlan, from source: OpenSource
  ) async throws -> Chunk? {
    guard stage.marksUnreadable, error.serverError?.isAboutEncoding == true else { return nil }
    do {
      return try await marking(chunk, of: plan, from: source)
    } catch let failure as PostgresError where failure.kind == .statement {
      throw SyncError(
        table: target, message: "could not be copied to its stage: \(error.serverError ?? failure)",
        advice:
          "pgtide can reject such rows alone, but could not find them (\(failure.messageWithoutValues)). Say in an expression "
          + "how the bytes are meant, such as "
          + "pg_catalog.convert_from(pg_catalog.convert_to(src.name, 'SQL_ASCII'), 'LATIN1')",
        cause: error.serverError)
    }
  }

  /// The target's encoding does not have every character.
  package func isLookedThroughBeforehand(_ plan: SyncPlan) -> Bool {
    stage.marksUnreadable && !UnreadableRows.takesAnyText(plan.target.encoding)
  }

  package func marking(_ chunk: Chunk, of plan: SyncPlan, from source: OpenSource) async throws -> Chunk? {
    let rows = UnreadableRows(chunk: chunk, columns: stage.columns, encoding: plan.target.encoding)
    return try await source.lend { try await $0.ask(rows.marked) }
  }
}
