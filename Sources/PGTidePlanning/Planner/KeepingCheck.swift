import PostgresValues

/// Whether what pgtide keeps on the target is its own: whom it belongs to, whose code runs when it is written to, and who
/// else may read it.
///
/// Who owns a table can have code of theirs run with the rights of the session's role, by a trigger, and so can whoever has
/// the right TRIGGER on it.
package struct KeepingCheck {
  package let target: TargetFacts
  /// The history and the stages.
  package let tables: [QualifiedName]
  /// The users' status table; `nil`: there is to be none.
  package let status: QualifiedName?

  private var rights: PrivateSchemaRights { target.rights }
  private var user: String { target.catalog.server.user }
  private var own: Identifier { Identifier(StageTable.schema) }

  /// Who may be relied on, for messages.
  private var trusted: String { "\(user), a member of it, the database's owner or a superuser" }

  // MARK: - Problems

  /// The schema `pgtide` belongs to somebody else.
  package var schema: [PlanProblem] {
    guard !rights.isSchemaTrusted else { return [] }
    let owner = target.privateSchema.schemaOwner
    return [
      PlanProblem(
        problem: "the schema \(own) on the target belongs to \(owner), whose code would run with the rights of \(user)",
        advice:
          "If it is pgtide's, have a superuser give it and its tables to \(trusted): ALTER SCHEMA \(own.quoted) OWNER "
          + "TO \(Identifier(user).quoted); otherwise have it dropped, and the next run makes it anew")
    ]
  }

  /// Tables of pgtide's belong to somebody else, are something else, or hide their rows.
  package var relations: [PlanProblem] {
    let places = tables + [status].compactMap(\.self).filter { $0.schema == own && !tables.contains($0) }
    return places.compactMap { table in
      guard let found = rights.strangers[table] else { return nil }
      if found.kind != "r" {
        return PlanProblem(
          problem: "\(table) on the target is no table, but \(Self.kind(found.kind)) of \(found.owner)",
          advice: "Have it dropped or renamed: the next run makes the table")
      }
      if !found.isOwnerTrusted {
        return PlanProblem(
          problem: "\(table) on the target belongs to \(found.owner), whose code would run with the rights of \(user)",
          advice: "If it is pgtide's, have a superuser give it to \(trusted): ALTER TABLE \(table.quoted) OWNER TO "
            + "\(Identifier(user).quoted); otherwise have it dropped, and the next run makes it anew")
      }
      guard found.hidesRows, table != status else { return nil }
      return PlanProblem(
        problem: "row-level security would hide rows of \(table) on the target from \(user)",
        advice:
          "ALTER TABLE \(table.quoted) DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY: the schema \(own) "
          + "keeps others out by itself")
    }
  }

  /// The status table, where it stands in a schema of the users', belongs to somebody else.
  package var statusOwner: [PlanProblem] {
    guard let status, status.schema != own, let found = rights.strangers[status], !found.isOwnerTrusted else {
      return []
    }
    return [
      PlanProblem(
        problem:
          "the status table \(status) belongs to \(found.owner), whose code would run with the rights of \(user)",
        advice: "Give it to \(trusted), or to an owner of the synced tables: ALTER TABLE \(status.quoted) OWNER TO "
          + "\(Identifier(user).quoted); or name another table under `metadata`")
    ]
  }

  /// Functions of somebody else run when pgtide writes to its own tables.
  package var code: [PlanProblem] {
    rights.code.filter { tables.contains($0.table) || $0.table == status }.map { code in
      PlanProblem(
        problem:
          "\(code.place) of \(code.table) on the target calls the function \(code.function) of \(code.owner), which "
          + "would run with the rights of \(user)",
        advice: "Have it dropped, or the function given to \(trusted)")
    }
  }

  /// The table is somebody else's, which is told by ``relations``.
  package func isStranger(_ table: QualifiedName) -> Bool {
    rights.strangers[table].map { !$0.isOwnerTrusted } ?? false
  }

  /// `relkind` of `pg_class` (manual, "53.11 pg_class").
  private static func kind(_ kind: String) -> String {
    let kinds = [
      "v": "a view", "m": "a materialized view", "p": "a partitioned table", "f": "a foreign table", "S": "a sequence",
      "i": "an index", "c": "a type",
    ]
    return kinds[kind] ?? "something else"
  }

  // MARK: - Remarks

  /// Rights of others that look like a mistake, and publications that carry what is kept.
  package var warnings: [String] {
    privateGrants + statusGrants.filter { !Self.isReader($0) }.map(statusRemark) + publications
  }

  /// The others.
  package var notices: [String] { statusGrants.filter(Self.isReader).map(statusRemark) }

  /// On the schema `pgtide` and what stands there, one for each role.
  private var privateGrants: [String] {
    let grants = rights.grants.filter { $0.table.map { $0.schema == own } ?? true }
    var roles: [String?] = []
    for grant in grants where !roles.contains(grant.role) { roles.append(grant.role) }
    return roles.map { role in
      let given = grants.filter { $0.role == role }
      let places = given.map {
        "\($0.rights.joined(separator: ", ")) on \($0.table.map { "\($0)" } ?? "the schema \(own)")"
      }
      let more = places.count > Self.shown ? " and \(places.count - Self.shown) more" : ""
      let name = Self.quoted(role)
      return "\(role ?? "everybody (PUBLIC)") has rights on what pgtide keeps of your rows: "
        + places.prefix(Self.shown).joined(separator: "; ") + more
        + ". To take them back: REVOKE ALL ON ALL TABLES IN SCHEMA "
        + "\(own.quoted) FROM \(name) CASCADE; REVOKE ALL ON SCHEMA \(own.quoted) FROM \(name) CASCADE"
    }
  }

  private static let shown = 5

  private var statusGrants: [PrivateSchemaRights.Grant] {
    rights.grants.filter { $0.table != nil && $0.table == status && $0.table?.schema != own }
  }

  private func statusRemark(_ grant: PrivateSchemaRights.Grant) -> String {
    guard let status else { return "" }
    return "\(grant.role ?? "everybody (PUBLIC)") has rights on the status table \(status): "
      + "\(grant.rights.joined(separator: ", ")). To take them back: REVOKE ALL ON \(status.quoted) FROM "
      + "\(Self.quoted(grant.role)) CASCADE"
  }

  /// It may only read, and a policy lets it do so by its name: somebody has meant it.
  private static func isReader(_ grant: PrivateSchemaRights.Grant) -> Bool {
    grant.role != nil && grant.isNamedByPolicy && grant.rights.allSatisfy { $0.hasPrefix("SELECT") }
  }

  private var publications: [String] {
    rights.publications.filter { $0.isOfAllTables || !$0.tables.isEmpty }.map { publication in
      let name = Identifier(publication.name)
      if publication.isOfAllTables {
        return
          "the publication \(name) carries all tables, and with them the history and the rejected rows in the schema "
          + "\(own). Make it anew for the tables or schemas that are meant, if its subscribers are not to have them"
      }
      let tables = publication.tables.map { QualifiedName(own, $0) }
      return
        "the publication \(name) carries \(tables.map { "\($0)" }.joined(separator: ", ")): its subscribers get what "
        + "pgtide keeps of your rows. To leave them out: ALTER PUBLICATION \(name.quoted) DROP TABLE "
        + tables.map(\.quoted).joined(separator: ", ") + ", or DROP TABLES IN SCHEMA \(own.quoted)"
    }
  }

  private static func quoted(_ role: String?) -> String { role.map { Identifier($0).quoted } ?? "PUBLIC" }
}
