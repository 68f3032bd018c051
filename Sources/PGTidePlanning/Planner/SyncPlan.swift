import PostgresValues

/// Everything that is decided before the first row moves. Making it changes nothing.
public struct SyncPlan: Sendable {
  public let flow: String
  /// Parents before the tables that refer to them.
  package private(set) var tables: [TablePlan]
  /// The same tables as they merge together; each lists the groups that must have merged before it.
  package let groups: [MergeGroup]
  /// Tables that could not be planned for the moment.
  package let held: [HeldTable]
  package let source: ServerFacts
  package let target: ServerFacts
  package let privateSchema: PrivateSchemaFacts
  /// The users' status table.
  package let metadata: MetadataSQL?
  /// What the user should know of the run as a whole.
  public package(set) var notices: [String]
  /// What is likely to be a mistake, or a danger.
  public package(set) var warnings: [String] = []
  /// What the source said, from which the same plan can be made again.
  package var sourceFacts: SourceFacts
  /// The tables as they are when all rows are read; `nil` where they are so.
  private var whole: [TablePlan]?
  /// Where the tables stand in ``tables``.
  private let places: [QualifiedName: Int]

  package init(
    flow: String, tables: [TablePlan], groups: [MergeGroup], held: [HeldTable] = [], source: ServerFacts,
    target: ServerFacts,
    privateSchema: PrivateSchemaFacts, metadata: MetadataSQL?, notices: [String], warnings: [String] = [],
    sourceFacts: SourceFacts
  ) {
    self.flow = flow
    self.tables = tables
    self.groups = groups
    self.held = held
    self.source = source
    self.target = target
    self.privateSchema = privateSchema
    self.metadata = metadata
    self.notices = notices
    self.warnings = warnings
    self.sourceFacts = sourceFacts
    places = Dictionary(zip(tables.map(\.target), 0...), uniquingKeysWith: { first, _ in first })
  }

  /// Tables that merge by themselves.
  package var tablesAlone: Set<QualifiedName> { Set(groups.filter { $0.tables.count == 1 }.flatMap(\.tables)) }

  package func table(_ name: QualifiedName) -> TablePlan? { places[name].map { tables[$0] } }

  /// What is wrong if all tables are to land in one transaction: rows are compared before it begins.
  package var lookupsOfOneTransaction: [PlanProblem] {
    tables.flatMap { table in
      table.targetLookups.filter { lookup in lookup.tables.contains { places[$0] != nil } }.map { lookup in
        PlanProblem(
          table: table.label,
          problem:
            "with --atomic, column \(lookup.column) cannot be looked up in \(lookup.lookup.relation) on the target, "
            + "which lands in the same transaction",
          advice:
            "Leave --atomic out, or leave one of the two tables out of the run, or look the value up on the source")
      }
    }
  }

  /// What is wrong with paired tables if all are to land in one transaction: rows are paired before it begins, and an update of
  /// a parent's key takes along what they are paired by.
  package var pairsOfOneTransaction: [PlanProblem] {
    tables.flatMap { table in
      guard let pairing = table.key.pairing else { return [PlanProblem]() }
      let match = Set(pairing.match.map(\.name))
      return table.references.compactMap { reference in
        guard reference.isForeignKey, let parent = self.table(reference.parent), parent.target != table.target,
          let column = reference.columns.first(where: { match.contains($0.name) }),
          !Set(parent.setColumns.map(\.name)).isDisjoint(with: reference.parentColumns)
        else { return nil }
        return PlanProblem(
          table: table.label,
          problem:
            "with --atomic, rows cannot be paired by \(column.name): it refers to a column of \(parent.label) that is "
            + "updated in the same transaction",
          advice: "Leave --atomic out, or leave one of the two tables out of the run, or match by other columns")
      }
    }
  }

  /// The same without anything to read of tables that cannot be read.
  package func leavingOut(_ failures: [QualifiedName: SyncError]) -> SyncPlan {
    var plan = self
    for table in failures.keys { plan.setChunks([], of: table) }
    return plan
  }

  /// The same, reading only changed rows of the tables whose plan says so.
  package var readingChanges: SyncPlan {
    var plan = self
    plan.whole = tables
    plan.tables = tables.map(\.readingChanges)
    return plan
  }

  /// The same over all rows, whatever a run reads.
  package var readingAll: SyncPlan {
    guard let whole else { return self }
    var plan = self
    plan.tables = whole
    plan.whole = nil
    return plan
  }

  /// The same with what the run's snapshot sees, which is left to the next run.
  package func seeing(_ horizon: ChangeHorizon) -> SyncPlan {
    var plan = self
    for place in tables.indices { plan.tables[place].changes?.horizon = horizon }
    return plan
  }

  /// A column of the source tells of some tables which rows have changed.
  package var asksForChanges: Bool { tables.contains { $0.changes != nil } }

  /// The same without deletes, and without a word to the next run on what has changed.
  package var keepingLeftovers: SyncPlan {
    var plan = self
    for place in tables.indices { plan.tables[place].changes = nil }
    for place in tables.indices where tables[place].deletes != nil {
      plan.tables[place].deletes = nil
      plan.tables[place].notices.append(
        "nothing is deleted: a run that takes up an earlier one's spill does not know what the source has now")
    }
    return plan
  }

  package mutating func setChunks(_ chunks: [Chunk], of table: QualifiedName) {
    guard let place = places[table] else { return }
    tables[place].chunks = chunks
  }
}

extension RunSettings {
  /// What a run is called that was asked for nothing: by what it does.
  ///
  /// - Parameter plan: `nil` where there is none.
  package func mode(of plan: SyncPlan?) -> RunMode {
    mode ?? (plan?.tables.contains(where: \.readsChangesOnly) == true ? .incremental : .full)
  }
}
