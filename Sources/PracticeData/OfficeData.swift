import EphemeralPostgres

/// The second set of practice data: an office whose tables are as hard as real ones.
///
/// The source has 15 tables without keys; jobs stand there several times, some rows twice in full, and some without a part of
/// what tells them apart. On the target `jobshead` has no key at all, `jobtasks` and `taskchecklist` make their own, some
/// columns have other names or types, and some come from other tables. Nobody may change either schema. The rows are
/// invented, and the same for each seed.
public enum OfficeData {
  /// Its tables, parents before children, by their names on the source and on the target.
  public static let tables: [(source: String, target: String)] =
    [
      "orgmaster", "locmaster", "conmaster", "climaster", "mbstaff", "taskmaster", "jobmaster", "cliunimaster",
      "jobshead",
      "jobtasks", "taskchecklist", "workdiary",
    ].map { ($0, $0) } + [("mbreminder", "reminder"), ("mbremdetail", "remdetail"), ("learequest", "learequest")]

  /// The text of a `pgtide.yaml` that brings all tables level.
  public static var configuration: String { String(decoding: PackageResources.office_yaml, as: UTF8.self) }

  /// The text of the file for the way back: what the app has written goes to the source, once.
  public static var wayBack: String { String(decoding: PackageResources.office_back_yaml, as: UTF8.self) }

  /// Fills the source, and makes the target's tables, empty.
  ///
  /// Whatever the schema `public` of the two databases held before is gone.
  public static func load(
    source: PostgresDatabase, target: PostgresDatabase, size: OfficeSize = .real, seed: Int = 1
  ) async throws {
    async let resetting: Void = reset(target: target)
    try await source.run(script: quietly(PackageResources.office_source_schema_sql))
    var variables = size.variables
    variables["seed"] = String(seed)
    try await source.run(script: PackageResources.office_source_data_sql, variables: variables)
    try await resetting
  }

  /// Replaces the target's schema `public` with the app's tables, empty.
  public static func reset(target: PostgresDatabase) async throws {
    try await target.run(script: quietly(PackageResources.office_target_schema_sql))
  }

  private static func quietly(_ script: [UInt8]) -> [UInt8] {
    Array("SET client_min_messages = warning;\n".utf8) + script
  }
}
