import EphemeralPostgres

/// The data of an invented accountants' office: a desktop database, and the app's database that is to follow it.
///
/// The source has 15 tables without a single key, as such databases have; the target has keys, foreign keys, an origin
/// marker (`source`: `D` from the desktop, `M` from the app) and the stamps `created_at` and `updated_at`. Two tables
/// have other names there, and one column is missing. The rows are the same on every run.
public enum PracticeData {
  /// The text of a `pgtide.yaml` for the practice data. It reads both connections from the environment.
  public static var configuration: String { String(decoding: PackageResources.pgtide_yaml, as: UTF8.self) }

  /// The configuration with its connections written out.
  public static func configuration(source: String, target: String) -> String {
    configuration
      .replacing("${PGTIDE_SOURCE}", with: yaml(source))
      .replacing("${PGTIDE_TARGET}", with: yaml(target))
  }

  /// Fills the source, makes the target's empty tables, and adds dirt to both.
  ///
  /// Whatever the schema `public` of the two databases held before is gone. Rows of the larger tables grow with `scale`.
  @discardableResult
  public static func load(
    source: PostgresDatabase, target: PostgresDatabase, scale: Int = 1, dirt: Dirt = .none
  ) async throws -> [DirtMade] {
    async let resetting: Void = reset(target: target)
    try await fill(source: source, scale: scale)
    try await resetting
    return try await add(dirt, source: source, target: target)
  }

  /// Replaces the source's schema `public` with the practice data.
  public static func fill(source: PostgresDatabase, scale: Int = 1) async throws {
    try await source.run(script: PackageResources.source_schema_sql)
    try await source.run(script: PackageResources.source_data_sql, variables: ["sf": String(scale)])
  }

  /// Replaces the target's schema `public` with the app's tables, empty.
  public static func reset(target: PostgresDatabase) async throws {
    try await target.run(
      script: Array("SET client_min_messages = warning;\n".utf8) + PackageResources.target_schema_sql)
  }

  private static func yaml(_ text: String) -> String {
    "'\(text.replacing("'", with: "''"))'"
  }
}
