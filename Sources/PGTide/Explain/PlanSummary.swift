import Postgres

/// A plan as people and scripts read it.
public struct PlanSummary: Sendable, Codable {
  public var flow: String
  public var tables: [Table]
  public var notices: [String]
  /// What is likely to be a mistake, or a danger; a quiet run shows it, too.
  public var warnings: [String]

  /// What is decided for one table.
  public struct Table: Sendable, Codable {
    public var table: String
    public var source: String
    /// Tables that must have merged before it.
    public var parents: [String]
    /// Tables that merge in the same transaction, because they refer to each other.
    public var together: [String]
    public var key: [String]
    /// The marker column and our value; `nil` when every row is ours.
    public var origin: String?
    /// Whose a row without a value there is: `ours` or `protected`.
    public var nullMarker: String?
    public var columns: [Column]
    public var references: [String]
    /// How the foreign keys of inserted rows are kept; `nil` where it has none.
    public var integrity: String?
    /// Whether its rows go straight in or through the stage, and why.
    public var load: String
    /// Whether rows that are level already are left out.
    public var digest: String
    public var duplicates: String
    /// What becomes of rows of ours that the source no longer has.
    public var deletes: String
    /// Which rows are read, where a column of the source tells which ones have changed; `nil` where none does.
    public var changedBy: String?
    /// Triggers of the target that may write something else than what they are given.
    public var triggers: [String] = []
    /// How its rows travel: in binary, or as text.
    public var copyFormat: RowFormat
    public var chunks: Int
    /// Why it is read as one stream, where it is.
    public var oneStreamBecause: String?
    public var estimatedRows: Int?
    public var bytes: Int
    public var notices: [String]
    public var warnings: [String] = []
    /// What would become of its rows; `nil` where that was not measured.
    public var profile: Profile?
    /// Every statement that the run may send for it, in its order.
    public var sql: [Statement]
  }

  /// A column and where its value comes from.
  public struct Column: Sendable, Codable {
    public var name: String
    public var type: String
    public var from: String
    /// A condition on the staged value, where not every value fits.
    public var fits: String?
  }

  /// A statement that a run may send for a table, as it will be sent, with `$n` for bound values.
  public struct Statement: Sendable, Codable, Equatable {
    /// The part of the table's way that it belongs to, such as `Merge`.
    public var part: String
    /// In which case a run comes to that part; `nil`: always, if it goes as the plan expects.
    public var partOnly: String?
    /// `source` or `target`.
    public var end: String
    /// What it is for.
    public var purpose: String
    /// In which case it is sent; `nil`: always, where its part is.
    public var only: String?
    public var sql: String
  }

  public init(_ plan: SyncPlan) { self.init(plan, profiles: [:]) }

  init(_ plan: SyncPlan, profiles: [QualifiedName: Profile]) {
    flow = plan.flow
    notices = plan.notices
    warnings = plan.warnings + plan.held.map { "\($0.label): \($0.error)" }
    tables = plan.groups.flatMap { group in
      group.tables.compactMap { name in
        plan.table(name).map { table in
          let members = group.tables.compactMap(plan.table)
          let parents = group.parents.flatMap { plan.groups[$0].tables }.compactMap { plan.table($0)?.label }
          var summary = Table(table, in: plan, group: members, parents: parents)
          summary.profile = profiles[name]
          return summary
        }
      }
    }
  }
}

extension PlanSummary.Table {
  init(_ plan: TablePlan, in run: SyncPlan, group: [TablePlan], parents: [String]) {
    table = plan.label
    source = plan.source.description
    self.parents = parents
    together = group.map(\.label).filter { $0 != plan.label }
    key = plan.key.naming.map(\.name.name)
    origin = plan.origin.map { "\($0.column.name) = \($0.ours)" }
    nullMarker = plan.origin?.null.rawValue
    columns = plan.columns.map { column in
      PlanSummary.Column(column, onTarget: plan.targetLookups.first { $0.column == column.name })
    }
    references = plan.references.map(\.summary)
    integrity = plan.integrity.summary(isAlone: group.count == 1)
    load = plan.direct.summary(isAlone: group.count == 1)
    digest = plan.digest.summary(isAlone: group.count == 1)
    duplicates =
      switch plan.duplicates {
      case _ where plan.key.pairing != nil: "rows may be the same: they are paired one by one"
      case .rejectAll: "all rows of the key are rejected"
      case .keep(let order, let descending): "the \(descending ? "last" : "first") by \(order.select.text) goes in"
      }
    deletes = plan.deletes?.summary ?? (plan.removesInFullRuns ? "remove, in runs over all rows" : "keep")
    changedBy = plan.changes?.summary
    triggers = plan.rewrites.triggers.names.map(\.name)
    copyFormat = plan.format
    chunks = plan.chunks.count
    oneStreamBecause = plan.source.oneStreamBecause
    estimatedRows = plan.source.estimatedRows
    bytes = plan.source.bytes
    notices = plan.notices
    warnings = plan.warnings
    sql = TableStatements(plan, in: run).all.map(PlanSummary.Statement.init)
  }
}

extension PlanSummary.Statement {
  init(_ statement: TableStatement) {
    part = statement.section.title
    partOnly = statement.section.condition
    end = statement.end.rawValue
    purpose = statement.purpose
    only = statement.condition
    sql = statement.sql.text
  }
}

extension PlanSummary.Column {
  /// - Parameter lookup: `nil`: it is not looked up there.
  init(_ plan: ColumnPlan, onTarget lookup: TargetLookupPlan?) {
    name = plan.name.name
    type = TypeName.short(plan.type.text)
    fits = plan.fits?.text
    from = lookup?.summary ?? plan.lookup?.summary ?? plan.staged?.select.text ?? "a constant"
  }
}

extension ReferencePlan {
  /// One line: what refers to what, and how far it is looked after.
  fileprivate var summary: String {
    let from = columns.map(\.name).joined(separator: ", ")
    let to = parentColumns.joined(separator: ", ")
    let remark = reasonUnchecked.map { " (not looked for: \($0))" } ?? (isForeignKey ? "" : " (by configuration only)")
    return "(\(from)) -> \(parent) (\(to))\(remark)"
  }
}

extension PlanSummary {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case flow, tables, notices, warnings
  }
}

extension PlanSummary.Table {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case table, source, parents, together, key, origin, columns, references, integrity,
      load, digest, duplicates,
      deletes, triggers
    case changedBy = "changed_by"
    case nullMarker = "null_marker"
    case copyFormat = "copy_format"
    case chunks
    case oneStreamBecause = "one_stream_because"
    case estimatedRows = "estimated_rows"
    case bytes, notices, warnings, profile, sql
  }
}

extension PlanSummary.Column {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, type, from, fits
  }
}

extension PlanSummary.Statement {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case part
    case partOnly = "part_only"
    case end, purpose, only, sql
  }
}
