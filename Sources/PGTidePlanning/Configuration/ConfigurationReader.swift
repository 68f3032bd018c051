import ConnectionStrings
import PostgresValues
import Yams

/// Turns the YAML tree into a ``SyncConfiguration``, and reports what does not fit.
package struct ConfigurationReader {
  package let mistakes: MistakeCollector
  package let environment: [String: String]

  /// `nil` where the file is too wrong to go on; the mistakes then say why.
  package func read(_ root: Node) -> SyncConfiguration? {
    guard
      let file = KnownMapping(
        root, place: "the configuration", keys: ConfigurationKeys.file, mayBeEmpty: ConfigurationKeys.fileMayBeEmpty,
        mistakes)
    else {
      return nil
    }
    file.require("source", "the database that rows come from")
    file.require("target", "the database that rows go to")
    file.require("tables", "the tables to bring level")
    let source = file.node("source").flatMap { end($0, "source") }
    let target = file.node("target").flatMap { end($0, "target") }
    let origin = file.node("origin").flatMap { originRule($0, in: "`origin`") }
    let stamps = file.node("stamps").flatMap { stampRule($0, in: "`stamps`") } ?? StampRule()
    let sequences = file.node("sequences").flatMap { sequenceRule($0, in: "the configuration") } ?? .move
    let metadata = file.node("metadata").flatMap(readMetadata) ?? MetadataConfiguration()
    let settings = file.node("defaults").flatMap(readSettings) ?? RunSettings()
    let tables = file.node("tables").map { readTables($0, targetSchema: target?.schema) } ?? []
    if let node = file.node("tables"), node.mapping?.isEmpty ?? node.sequence?.isEmpty ?? false {
      mistakes.add(node, "`tables` names none")
    }
    let flow = flowName(file)
    let session = file.node("session").flatMap(readSession)
    guard var source, var target else { return nil }
    source.session = session?.source ?? []
    target.session = session?.target ?? []
    return SyncConfiguration(
      flow: flow, source: source, target: target, origin: origin, stamps: stamps, sequences: sequences,
      deletes: file.word("deletes") ?? .keep, updates: file.word("updates") ?? .write,
      maxDelete: file.limit("max_delete"), maxDrop: file.limit("max_drop"),
      expect: file.text("expect"), metadata: metadata, settings: settings, tables: tables)
  }

  private func flowName(_ file: KnownMapping) -> String {
    guard let flow = file.text("flow", mayBeEmpty: true) else { return "forward" }
    if !Settings.isFlowName(flow) {
      mistakes.add(file.node("flow"), "`flow` takes \(Settings.flowName), found `\(flow)`")
    }
    return flow
  }

  // MARK: - The two ends

  private func end(_ node: Node, _ place: String) -> EndConfiguration? {
    if node.text != nil { return connectionString(node, place).map { EndConfiguration(connection: $0) } }
    guard
      let mapping = KnownMapping(
        node, place: "`\(place)`", keys: ConfigurationKeys.end, mayBeEmpty: ["connection"], mistakes)
    else {
      return nil
    }
    mapping.require("connection", "a URI, keywords, or a ${VARIABLE} that holds them")
    guard let connection = mapping.node("connection").flatMap({ connectionString($0, place) }) else { return nil }
    return EndConfiguration(connection: connection, schema: mapping.name("schema") ?? "public")
  }

  /// The connection string with its variables; a mistake in it does not quote it.
  private func connectionString(_ node: Node, _ place: String) -> String? {
    guard let text = node.text else {
      mistakes.add(node, "`\(place)` takes a connection string, found \(node.kind)")
      return nil
    }
    do throws(EnvironmentExpansion.Failure) {
      let connection = try EnvironmentExpansion.expand(text, environment: environment)
      // An empty string is a connection to libpq's own default, which nobody means by a variable that came out empty.
      guard text.isEmpty || connection.contains(where: { !$0.isWhitespace }) else {
        let names = text.matches(of: #/\$\{(\w+)\}/#).map { String($0.1) }
        let cause = names.isEmpty ? "" : ", because \(list(names)) \(names.count == 1 ? "is" : "are")"
        mistakes.add(node, "`\(place)` is empty" + cause)
        return nil
      }
      checkForm(of: connection, at: node, place)
      return connection
    } catch {
      for problem in error.problems { mistakes.add(node, "`\(place)` \(describe(problem))") }
      return nil
    }
  }

  private func checkForm(of connection: String, at node: Node, _ place: String) {
    do throws(PostgresError) {
      _ = try ConnectionTarget(connectionString: connection, label: place)
    } catch {
      mistakes.add(node, "`\(place)`: \(error.message). " + (error.hint ?? ""))
    }
  }

  private func describe(_ problem: EnvironmentExpansion.Problem) -> String {
    switch problem {
    case .undefined(let name):
      let hint = NearestName.nearest(to: name, among: environment.keys).map { "; did you mean `\($0)`?" } ?? ""
      return "uses ${\(name)}, which is not set in the environment\(hint)"
    case .notAName: return "has a ${…} that holds no variable's name: letters, digits and _"
    case .notClosed: return "has a ${ without its }; a plain $ is written $$"
    }
  }

  // MARK: - Rules that the file and each table may state

  /// `none`, or the marker column and our value.
  package func originRule(_ node: Node, in place: String) -> OriginRule? {
    if node.text == "none" { return .allRowsAreOurs }
    guard
      let mapping = KnownMapping(
        node, place: place, keys: ConfigurationKeys.origin, mayBeEmpty: ["column", "ours"], orNone: true, mistakes)
    else {
      return nil
    }
    mapping.require("column", "the marker column of the target")
    mapping.require("ours", "the marker's value in rows that come from the source")
    guard let column = mapping.name("column"), let ours = mapping.text("ours", mayBeEmpty: true) else { return nil }
    return .marker(column: column, ours: ours, null: mapping.word("null") ?? .ours)
  }

  package func stampRule(_ node: Node, in place: String) -> StampRule? {
    if node.text == "none" { return StampRule() }
    guard let mapping = KnownMapping(node, place: place, keys: ConfigurationKeys.stamps, orNone: true, mistakes) else {
      return nil
    }
    let (created, updated) = (mapping.name("created"), mapping.name("updated"))
    if let created, created == updated {
      mistakes.add(mapping.node("updated"), "\(place): `created` and `updated` are the same column")
    }
    return StampRule(created: created, updated: updated)
  }

  package func sequenceRule(_ node: Node, in place: String) -> SequenceRule? {
    if let rule = node.text.flatMap(SequenceRule.init) { return rule }
    mistakes.add(node, "\(place): `sequences` takes `move` or `keep`, found \(node.found)")
    return nil
  }

  private func readMetadata(_ node: Node) -> MetadataConfiguration? {
    if node.text == "none" { return MetadataConfiguration(enabled: false) }
    guard
      let mapping = KnownMapping(node, place: "`metadata`", keys: ConfigurationKeys.metadata, orNone: true, mistakes)
    else { return nil }
    return MetadataConfiguration(table: mapping.name("table") ?? "_sync_metadata", schema: mapping.name("schema"))
  }

  private func readSession(_ node: Node) -> (source: [SessionWish], target: [SessionWish])? {
    guard
      let ends = KnownMapping(
        node, place: "`session`", keys: ConfigurationKeys.session, mayBeEmpty: ["source", "target"], mistakes)
    else {
      return nil
    }
    return (wishes(ends, "source"), wishes(ends, "target"))
  }

  /// Which settings there are, only the server knows.
  private func wishes(_ ends: KnownMapping, _ end: String) -> [SessionWish] {
    guard let node = ends.node(end) else { return [] }
    let place = "`session`, `\(end)`"
    guard let mapping = node.mapping else {
      mistakes.add(node, "\(place): expected a mapping from settings to their values, found \(node.kind)")
      return []
    }
    var named: Set<String> = []
    return mapping.compactMap { key, value in
      guard let name = key.text, !name.isBlank else {
        mistakes.add(key, "\(place): a setting's name is a text, found \(key.kind)")
        return nil
      }
      guard let text = value.text, !value.isEmpty else {
        mistakes.add(value, "\(place): `\(name)` takes a text, found \(value.kind)")
        return nil
      }
      // The server does not tell capitals apart in them.
      if !named.insert(name.lowercased()).inserted { mistakes.add(key, "\(place) names `\(name)` twice") }
      return SessionWish(name: name, value: text)
    }
  }

  private func readSettings(_ node: Node) -> RunSettings? {
    guard let mapping = KnownMapping(node, place: "`defaults`", keys: Settings.all.map(\.key), mistakes) else {
      return nil
    }
    var settings = RunSettings()
    for setting in Settings.all { mapping.read(setting, into: &settings) }
    return settings
  }

  // MARK: - Tables

  /// A mapping from names to what is said of them, or a plain list of names.
  private func readTables(_ node: Node, targetSchema: ObjectName?) -> [TableConfiguration] {
    var tables = TablesReader(reader: TableReader(configuration: self), targetSchema: targetSchema)
    if let sequence = node.sequence {
      for element in sequence { tables.read(element, nil, "`tables` takes names") }
    } else if let mapping = node.mapping {
      for (key, value) in mapping {
        tables.read(key, value.isEmpty ? nil : value, "`tables`: a table's name is a text")
      }
    } else {
      mistakes.add(
        node, "`tables` takes a mapping from table names to their rules, or a list of names, found \(node.kind)")
    }
    return tables.tables
  }
}
