import PGTide
import Postgres

/// The part of the tables that every trial brings to the stages: of each table, the pages up to a limit.
struct TuneSample: Sendable {
  private let tables: [Table]
  private let blockSize: Int
  private let chunkRows: Int?
  /// Pages of each heap, at most.
  private(set) var pages: Int
  /// What takes no part, and why.
  let notices: [String]

  private struct Table: Sendable {
    let plan: TablePlan
    /// The table's own format, which goes before the run's.
    let format: RowFormat?
  }

  /// A chunk with the stage that it goes to.
  struct Piece: Sendable {
    let chunk: Chunk
    let stage: StageTable
  }

  init(_ plan: SyncPlan, _ configuration: SyncConfiguration, pages: Int) {
    let formats = Dictionary(
      configuration.tables.map { (configuration.targetName($0.target), $0.copyFormat) },
      uniquingKeysWith: { first, _ in first })
    let (paged, streams) = (
      plan.tables.filter { $0.source.pieces.allSatisfy { $0.pages != nil } },
      plan.tables.filter { $0.source.pieces.contains { $0.pages == nil } }
    )
    // Without pages there is no telling how much would be read.
    tables = paged.map { Table(plan: $0, format: formats[$0.target] ?? nil) }
    notices = streams.map { "\($0.label) takes no part: \($0.source.oneStreamBecause ?? "it has no pages")" }
    blockSize = plan.source.blockSize
    chunkRows = configuration.settings.chunkRows
    self.pages = pages
  }

  var isEmpty: Bool { tables.isEmpty }

  var tableCount: Int { tables.count }

  var stages: [QualifiedName] { tables.map(\.plan.stage.stage) }

  /// Nothing is left out of the tables that take part.
  var isWhole: Bool { tables.allSatisfy { $0.plan.source.pieces.allSatisfy { ($0.pages ?? 0) <= pages } } }

  mutating func grow(by factor: Double) { pages = Int(min(Double(pages) * factor, 1e12)) }

  /// What a trial copies, the largest chunks first, as a run does.
  func pieces(_ choice: TuneChoice) -> [Piece] {
    let chunker = Chunker(chunkBytes: choice.chunkBytes, chunkRows: chunkRows, blockSize: blockSize)
    return tables.flatMap { table in
      let plan = table.plan
      let wish = table.format ?? choice.copyFormat
      let format = TextFormatCheck.obstacle(plan.stage.columns) == nil ? wish : .binary
      return chunker.chunks(
        of: plan.source.upTo(page: pages), columns: plan.stage.columns, format: format, table: plan.target
      ).map { Piece(chunk: $0, stage: plan.stage) }
    }.sorted { $0.chunk.bytes > $1.chunk.bytes }
  }
}
