import PostgresValues

/// Everything that is decided for one table before its first row moves.
package struct TablePlan: Sendable {
  /// The target's table.
  package let target: QualifiedName
  /// Its name as the configuration writes it, which is what messages, reports and the users' status table say.
  package let label: String
  package let flow: String
  package let source: SourcePlan
  /// In the target's order; every one of them is written on insert.
  package let columns: [ColumnPlan]
  package let key: KeyPlan
  /// `nil`: the table has no marker, every row is ours.
  package let origin: OriginPlan?
  package let createdStamp: Identifier?
  package let updatedStamp: Identifier?
  package let references: [ReferencePlan]
  package var referrers: [ReferrerPlan] = []
  /// Foreign keys that refuse updates of it, whose rows can be taken along.
  package var followers: [FollowerPlan] = []
  /// Foreign keys point at it, or at a partition of it, through which its updates may write to other rows.
  package var mayReachOthers = false
  /// Its updates may write to rows that are not ours, through foreign keys of theirs (`on_update: allow`).
  package var mayWriteToOthers = false
  /// Rows of ours that stand there stay as they are (`updates: keep`); no column is set.
  package var keepsStanding = false
  /// Sequences that are moved when rows have gone in.
  package var sequences: [SequencePlan] = []
  /// Unique indexes beside the key's.
  package var uniqueValues: [UniqueValuePlan] = []
  /// Columns by which rows that exchange unique values are taken apart.
  package var parkedColumns: [ParkedColumn] = []
  /// `nil`: its rows cannot be deleted and inserted again in place of an update.
  package var replacement: ReplacementPlan?
  package let duplicates: DuplicatePlan
  /// `nil`: rows of ours that the source no longer has stay.
  package var deletes: DeletePlan?
  package var stage: StageTable
  /// How its rows travel.
  package let format: RowFormat
  package var chunks: [Chunk]
  /// An identity column GENERATED ALWAYS is among the columns.
  package let overridesIdentity: Bool
  /// The transaction's tuple counters speak of this table's rows alone: no trigger of the users writes to it.
  package let counters: CounterPlan
  /// Triggers of the target may leave a row out, or change its key.
  package let hasBeforeTriggers: Bool
  package let rewrites: RewritePlan
  /// Earlier runs may have listed protected rows of it (``ProtectedSQL``).
  package var mayBeListed = false
  package let integrity: IntegrityPlan
  package var direct: DirectLoadPlan
  package var digest: DigestPlan
  package let analysis: AnalyzePlan
  /// What the user should know of this table.
  package var notices: [String]
  /// What is likely to be a mistake.
  package var warnings: [String] = []
  /// What the history says of it.
  package var past = TablePast()
  /// What is looked up on the target.
  package var targetLookups: [TargetLookupPlan] = []
  /// Columns of the stage that are there for these alone, with the source row's columns that they hold.
  package var byColumns: [Identifier: Identifier] = [:]
  /// `nil`: no column of the source tells which rows have changed.
  package var changes: ChangePlan?
  /// Only rows that have changed are read: nothing is known of the others.
  package private(set) var readsChangesOnly = false
  /// What the source no longer has is deleted in runs over all rows, of which this is none.
  package private(set) var removesInFullRuns = false
  /// `nil`: every row crosses whole.
  package var keyCache: KeyCachePlan?

  package var isPartitioned = false
  /// What all of this rests on (``CatalogSQL/fingerprint``).
  package var fingerprint = ""

  /// The target's own rows, as FROM and UPDATE take them: those of tables that inherit from it are others'.
  package var targetRows: SQL { target.rows(isPartitioned: isPartitioned) }

  /// Which rows `t` of the target a source row can be matched with: those that are ours and have a key.
  package var isMatchable: [SQL] { [origin?.isOurs("t")].compactMap(\.self) + hasKey }

  /// Whether a row `t` of the target has a key.
  package var hasKey: [SQL] { key.requiredColumns.filter { !$0.isNotNull }.map { key.isThere($0, in: "t") } }

  /// Columns that travel.
  package var stagedColumns: [StagedColumn] { columns.compactMap(\.staged) }
  /// What the columns need that hold other types' values as texts.
  package var textPins: SessionPins { stagedColumns.map(\.pins).sum }
  /// Columns that an update sets.
  package var setColumns: [ColumnPlan] { columns.filter(\.isSet) }
  /// An estimate; 0 when the source says nothing.
  package var estimatedRows: Int { source.estimatedRows ?? 0 }
  package var estimatedBytes: Int { readsChangesOnly ? 0 : source.bytes }
}

extension TablePlan {
  /// The same, reading only the rows that have changed, where the plan says so. What is said of all rows is not said then:
  /// which ones only the target has, and that they go.
  package var readingChanges: TablePlan {
    guard let window = changes?.window else { return self }
    var table = self
    table.readsChangesOnly = true
    table.chunks = window.chunks
    table.removesInFullRuns = deletes != nil
    table.deletes = nil
    let reason = "only rows that have changed are read"
    table.digest.reasonForReading = reason
    table.direct.reasonForStage = reason
    table.notices.append(
      "only rows that have changed since \(window.mark) are read; those that only the target has are not counted"
        + (deletes != nil ? ", and none is deleted" : ""))
    return table
  }
}

extension [StagedColumn] {
  /// What a statement needs that reads them.
  package func pins(in format: RowFormat) -> SessionPins {
    map { format == .text ? $0.pins + $0.pinsAsText : $0.pins }.sum
  }
}

extension QualifiedName {
  /// The table's own rows. A partitioned one has none but those of its partitions.
  package func rows(isPartitioned: Bool) -> SQL { isPartitioned ? "\(self)" : "ONLY \(self)" }
}
