import PostgresValues

/// Updates that take along the rows which refer to what they change, in one statement: foreign keys that refuse such an update
/// look at the end of the statement only.
extension MergeSQL {
  /// The rows as they stood, called `o`, beside the updated ones.
  func asTheyStood(
    carrying followers: [FollowerPlan], in rows: SQL, of row: SQL = "t"
  ) -> (from: SQL, condition: SQL) {
    guard !followers.isEmpty else { return ("", "") }
    return (
      "\(rows) o, ",
      "\n    AND o.ctid OPERATOR(pg_catalog.=) \(row).ctid AND o.tableoid OPERATOR(pg_catalog.=) \(row).tableoid"
    )
  }

  /// The values before and after of columns to which others refer, for RETURNING.
  func changes(carrying followers: [FollowerPlan], of row: SQL = "t") -> SQL {
    Self.referenced(by: followers).enumerated().map { place, name in
      ", o.\(name) AS before_\(place), \(row).\(name) AS after_\(place)" as SQL
    }.joined(separator: "")
  }

  /// The statements behind `written` by which the followers are given the values that they refer to.
  func carried(_ followers: [FollowerPlan], behind parents: SQL = "written") -> SQL {
    let referenced = Self.referenced(by: followers)
    // Several keys of one table are written at once: a statement writes a row only once.
    var tables: [[FollowerPlan]] = []
    for follower in followers {
      if let place = tables.firstIndex(where: { $0[0].table == follower.table }) {
        tables[place].append(follower)
      } else {
        tables.append([follower])
      }
    }
    let statements: [SQL] = tables.enumerated().map { number, keys in
      let name: SQL = "\(parents)_\(number)"
      let further = keys.flatMap(\.followers)
      let stood = asTheyStood(carrying: further, in: keys[0].rows, of: "c")
      let ours: SQL = keys[0].origin.map { "\n      AND \($0.isOurs("c"))" } ?? ""
      let returning: SQL = further.isEmpty ? "" : "\n    RETURNING \(marked(changes(carrying: further, of: "c")))"
      let sources = keys.map { key -> (values: [SQL], isHere: SQL) in
        let places = key.referenced.map { referenced.firstIndex(of: $0)! }
        let matches = zip(zip(places, key.equality), key.columns).map { pair, column in
          "w.before_\(pair.0) \(pair.1) c.\(column)" as SQL
        }
        let (before, after) = (places.map { "w.before_\($0)" as SQL }, places.map { "w.after_\($0)" as SQL })
        let isChanged: SQL = """
          ROW(\(before.joined(separator: ", ")))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(after.joined(separator: ", ")))::pg_catalog.record
          """
        return (after, "\((matches + [isChanged]).joined(separator: " AND "))")
      }
      if keys.count == 1 {
        let assignments = zip(keys[0].columns, sources[0].values).map { "\($0) = \($1)" as SQL }
        return """
          ,
          \(name) AS (
            UPDATE \(keys[0].rows) c SET \(assignments.joined(separator: ", "))
            FROM \(stood.from)\(parents) w
            WHERE \(sources[0].isHere)\(stood.condition)\(ours)\(returning)
          )
          """
      }
      var columns: [Identifier] = []
      for column in keys.flatMap(\.columns) where !columns.contains(column) { columns.append(column) }
      let assignments = columns.map { column -> SQL in
        let values = zip(keys, sources).compactMap { key, source in
          key.columns.firstIndex(of: column).map { place in
            "(SELECT \(source.values[place]) FROM \(parents) w WHERE \(source.isHere))" as SQL
          }
        }
        return "\(column) = COALESCE(\(values.joined(separator: ", ")), c.\(column))"
      }
      let exists = sources.map { "EXISTS (SELECT FROM \(parents) w WHERE \($0.isHere))" as SQL }
      let from: SQL = further.isEmpty ? "" : "\n    FROM \(keys[0].rows) o"
      return """
        ,
        \(name) AS (
          UPDATE \(keys[0].rows) c SET \(assignments.joined(separator: ",\n      "))\(from)
          WHERE (\(exists.joined(separator: "\n      OR ")))\(stood.condition)\(ours)\(returning)
        )
        """
    }
    let behind: [SQL] = tables.enumerated().map { number, keys in
      carried(keys.flatMap(\.followers), behind: "\(parents)_\(number)")
    }
    return (statements + behind).joined(separator: "")
  }

  /// Without the comma before the first.
  private func marked(_ changes: SQL) -> SQL { "NULL AS marker\(changes)" }

  private static func referenced(by followers: [FollowerPlan]) -> [Identifier] {
    var names: [Identifier] = []
    for name in followers.flatMap(\.referenced) where !names.contains(name) { names.append(name) }
    return names
  }
}
