import Postgres

/// A table of the suite's data. All have the same columns, so that the model stays obvious: a key, a reference (which
/// `site` has to `region`, and so on), a text and a number.
struct SuiteTable: Sendable, Hashable {
  let name: String
  /// The table that `ref` refers to.
  let parent: String?
  /// Rows at first.
  let rows: Int
  /// Bytes of each text, about.
  let width: Int
  /// Nothing refers to it, so the app may delete any of its rows.
  let isLeaf: Bool
  /// How its rows are found, where that is not by their key alone.
  var way = Way.byKey

  /// Tables of other ways than the first are the office's alone: the app leaves them as they are.
  enum Way: Sendable {
    case byKey
    /// Only the target makes the key; rows are paired by `id`.
    case generatedKey
    /// The target has no key at all: a row that changes is deleted and inserted.
    case withoutKey
    /// The source tells in a column which rows have changed. None of them is ever deleted.
    case byChanges
    /// The text is looked up in the parent.
    case lookup
  }

  /// A chain of three, one that refers to itself, one of several chunks, two that refer to each other and so share their
  /// merge, and one of each other way.
  static let all = [
    SuiteTable(name: "region", parent: nil, rows: 20, width: 12, isLeaf: false),
    SuiteTable(name: "site", parent: "region", rows: 60, width: 20, isLeaf: false),
    SuiteTable(name: "visit", parent: "site", rows: 200, width: 30, isLeaf: true),
    SuiteTable(name: "node", parent: "node", rows: 80, width: 12, isLeaf: false),
    SuiteTable(name: "bulk", parent: "site", rows: 1200, width: 150, isLeaf: true),
    SuiteTable(name: "team", parent: "person", rows: 30, width: 12, isLeaf: false),
    SuiteTable(name: "person", parent: "team", rows: 60, width: 12, isLeaf: false),
    SuiteTable(name: "pair", parent: "region", rows: 40, width: 12, isLeaf: true, way: .generatedKey),
    SuiteTable(name: "heap", parent: nil, rows: 40, width: 12, isLeaf: true, way: .withoutKey),
    SuiteTable(name: "stamped", parent: "site", rows: 60, width: 12, isLeaf: true, way: .byChanges),
    SuiteTable(name: "named", parent: "region", rows: 40, width: 12, isLeaf: true, way: .lookup),
  ]

  /// Tables to which the app writes, too.
  static let shared = all.filter { $0.way == .byKey }

  /// Tables that land together or not at all.
  static let groups: [[String]] = [
    ["region"], ["site"], ["visit"], ["node"], ["bulk"], ["team", "person"], ["pair"], ["heap"], ["stamped"], ["named"],
  ]

  var qualified: QualifiedName { QualifiedName("public", name) }

  /// Keys from here on are the app's own; the office never uses them.
  static let firstAppKey = 1_000_000

  // MARK: - Scripts

  static let officeSchema: [SQL] = all.map {
    """
    CREATE TABLE \($0.qualified) (id int PRIMARY KEY, ref int, note text NOT NULL, n int NOT NULL\($0.officeColumns))
    """
  }

  static let appSchema: [SQL] =
    all.map {
      """
      CREATE TABLE \($0.qualified) (\($0.appKey), ref int, note text NOT NULL, n int NOT NULL,
        source text DEFAULT 'M')
      """
    }
    + all.compactMap { table in
      table.parent.map {
        "ALTER TABLE \(table.qualified) ADD FOREIGN KEY (ref) REFERENCES \(QualifiedName("public", $0)) DEFERRABLE"
      }
    } + ["CREATE TABLE public.app_log (entry int PRIMARY KEY)", "CREATE SCHEMA status"]

  /// What pgtide is told.
  static let configuration = """
    source: ${OFFICE}
    target: ${APP}
    origin: {column: source, ours: D}
    metadata: {schema: status, table: sync_status}
    deletes: remove
    defaults: {jobs: 2, chunk_bytes: 64KiB, chunk_rows: 250, connect_timeout: 3s, stall_timeout: 1s}
    tables:
    \(all.map { "  \($0.name): {\($0.rules)}" }.joined(separator: "\n"))

    """

  private var officeColumns: SQL { way == .byChanges ? ", changed timestamptz NOT NULL DEFAULT now()" : "" }

  private var appKey: SQL {
    switch way {
    case .byKey, .byChanges, .lookup: "id int PRIMARY KEY"
    case .generatedKey: "pair_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id int NOT NULL"
    case .withoutKey: "id int NOT NULL"
    }
  }

  private var rules: String {
    switch way {
    case .byKey: ""
    case .generatedKey: "key: generated, match: [id]"
    case .withoutKey: "key: none"
    // So little that most rows are no newer when the next run looks.
    case .byChanges: "changed_by: {column: changed, overlap: 1s}"
    case .lookup: "columns: {note: {lookup: \(parent ?? ""), by: {id: ref}, take: note}}"
    }
  }

  /// What an edit of the office sets beside the values.
  var alsoSet: SQL { way == .byChanges ? ", changed = now()" : "" }
}

/// What a row holds beside its key.
struct SuiteRow: Sendable, Hashable {
  var ref: Int?
  var note: String
  var n: Int
}

/// Rows of all tables by name and key.
typealias SuiteRows = [String: [Int: SuiteRow]]
