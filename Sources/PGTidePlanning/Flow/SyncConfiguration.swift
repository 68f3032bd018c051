import ConnectionStrings
import PostgresValues

/// What one flow does: its two ends, the rule that tells our rows from the other side's, and its tables.
///
/// Read from `pgtide.yaml` by ``ConfigurationFile``, or built in code. Nothing in it has been checked against a
/// server; that is the planner's work.
public struct SyncConfiguration: Sendable, Equatable {
  /// The name of this direction, such as `forward`. It stands in the run history and keeps two flows apart.
  public var flow: String
  public var source: EndConfiguration
  public var target: EndConfiguration
  /// The origin rule of every table that does not state its own. `nil`: each table must state one.
  public var origin: OriginRule?
  /// The stamp columns of every table that has them and does not state its own.
  public var stamps: StampRule
  public var metadata: MetadataConfiguration
  public var settings: RunSettings
  /// In the order of the file.
  public var tables: [TableConfiguration]
  /// Tables of the file were left out, so that nothing can be said of all of them.
  public var isSelection = false

  public init(
    flow: String = "forward", source: EndConfiguration, target: EndConfiguration, origin: OriginRule? = nil,
    stamps: StampRule = StampRule(), metadata: MetadataConfiguration = MetadataConfiguration(),
    settings: RunSettings = RunSettings(), tables: [TableConfiguration]
  ) {
    self.flow = flow
    self.source = source
    self.target = target
    self.origin = origin
    self.stamps = stamps
    self.metadata = metadata
    self.settings = settings
    self.tables = tables
  }
}

/// One end of a flow.
public struct EndConfiguration: Sendable, Equatable {
  /// Anything libpq takes: a URI, a keyword string, or an empty string for the `PG*` variables alone.
  public var connection: String
  /// The schema of tables that are named without one.
  public var schema: ObjectName
  /// What our sessions there have, beyond what the role and the database say; in the file it stands under `session`.
  public var session: [SessionWish]

  public init(connection: String, schema: ObjectName = "public", session: [SessionWish] = []) {
    self.connection = connection
    self.schema = schema
    self.session = session
  }
}

extension EndConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without the connection string, which may hold a password.
  public var description: String {
    let target = try? ConnectionTarget(connectionString: connection, label: "")
    return "\(target?.description ?? "not a connection string"), schema \(schema)"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["connection": description]) }
}

/// How a target row shows where it was born.
///
/// A row is *ours* if the marker column holds our value or NULL; every other row is *protected* and never written.
public enum OriginRule: Sendable, Equatable {
  /// `column` holds `ours` in the rows that this flow inserted.
  case marker(column: ObjectName, ours: String)
  /// The table has no marker: every row of it is ours. Said explicitly, or the plan refuses the table.
  case allRowsAreOurs
}

/// Columns that pgtide sets itself. A column that a table does not have is left out there, unless the table's own
/// configuration names it.
public struct StampRule: Sendable, Equatable {
  /// Set to the time of the merge when a row is inserted, and never again.
  public var created: ObjectName?
  /// Set to the time of the merge when a row is inserted or really changes.
  public var updated: ObjectName?

  public init(created: ObjectName? = nil, updated: ObjectName? = nil) {
    self.created = created
    self.updated = updated
  }
}

/// Where the users' own status table stands.
public struct MetadataConfiguration: Sendable, Equatable {
  /// `false` writes no status table at all.
  public var enabled: Bool
  public var table: ObjectName
  /// `nil`: the target's default schema, where the users' scripts read it.
  public var schema: ObjectName?

  public init(enabled: Bool = true, table: ObjectName = "_sync_metadata", schema: ObjectName? = nil) {
    self.enabled = enabled
    self.table = table
    self.schema = schema
  }
}
