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
  /// What happens to the sequences of every table that does not state its own rule.
  public var sequences: SequenceRule
  /// What becomes of rows of ours that the source no longer has, in every table that does not say it.
  public var deletes: DeleteRule
  /// What becomes of rows of ours that differ from the source's, in every table that does not say it.
  public var updates: StandingRule
  /// As ``TableConfiguration/maxDelete``, for every table that does not say it. `nil`: 5 %, and at least 100 rows.
  public var maxDelete: RowLimit?
  /// As ``TableConfiguration/maxDrop``. `nil`: 5 %, and at least 100 rows.
  public var maxDrop: RowLimit?
  /// As ``TableConfiguration/expect``.
  public var expect: String?
  public var metadata: MetadataConfiguration
  public var settings: RunSettings
  /// In the order of the file.
  public var tables: [TableConfiguration]
  /// Tables of the file that are not in the run. Their rows may refer to those of others.
  public var leftOut: [TableConfiguration] = []
  /// Tables were left out, so that nothing can be said of all of them.
  public var isSelection: Bool { !leftOut.isEmpty }

  public init(
    flow: String = "forward", source: EndConfiguration, target: EndConfiguration, origin: OriginRule? = nil,
    stamps: StampRule = StampRule(), sequences: SequenceRule = .move, deletes: DeleteRule = .keep,
    updates: StandingRule = .write, maxDelete: RowLimit? = nil, maxDrop: RowLimit? = nil, expect: String? = nil,
    metadata: MetadataConfiguration = MetadataConfiguration(),
    settings: RunSettings = RunSettings(), tables: [TableConfiguration]
  ) {
    self.flow = flow
    self.source = source
    self.target = target
    self.origin = origin
    self.stamps = stamps
    self.sequences = sequences
    self.deletes = deletes
    self.updates = updates
    self.maxDelete = maxDelete
    self.maxDrop = maxDrop
    self.expect = expect
    self.metadata = metadata
    self.settings = settings
    self.tables = tables
  }
}
