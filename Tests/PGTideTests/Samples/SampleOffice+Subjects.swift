@testable import PGTide
@testable import PGTidePlanning

extension SampleOffice {
  /// What a shape is about: the purposes of the statements that its file shows. `nil`: all of them.
  ///
  /// Only ``plain`` shows a run as a whole. What another shape has in common with it would be the same text once more, with
  /// other names.
  var subjects: Set<String>? {
    switch self {
    case .plain: nil
    case .compositeKey:
      [
        "read the rows", "give every staged row its verdict", "keep the rejected rows",
        "list the protected rows that differ", "update what differs", "insert what is missing",
        "lock the parents of inserted rows, and count the keys that have none",
      ]
    case .selfReference:
      [
        "give every staged row its verdict", "reject rows whose parent is not to go in either",
        "insert what is missing", "lock the parents of inserted rows, and count the keys that have none",
      ]
    case .partitioned:
      [
        "lock what will be read, on each connection", "look whether the table is as it was planned upon",
        "say in short what all rows look like", "say what buckets of rows look like", "read the rows",
        "give every staged row its verdict", "update what differs",
        "count what this session has written through foreign keys that point at it",
        "count what it has written through foreign keys that point at it",
      ]
    case .generatedColumns:
      [
        "find the rows whose texts cannot be converted", "read the rows with these texts escaped",
        "give every staged row its verdict", "name the columns that a trigger rewrites",
        "forget the protected rows that differed", "insert what is missing", "remember what triggers made of the rows",
        "move the sequence past the column's numbers, by drawing",
        "keep others from drawing until the end of the transaction", "set the sequence past the column's numbers",
      ]
    case .noMarker:
      [
        "read the rows as arrays", "insert them", "give every staged row its verdict", "update what differs",
      ]
    case .emptyTable:
      [
        "look whether the table is empty", "look whether it is empty, and its columns are as planned",
        "find the indexes that can be built behind the rows", "drop these indexes", "take them",
        "create the indexes as they were", "lock the parents of the rows, and count the keys that have none",
      ]
    case .lookups:
      [
        "lock what will be read, on each connection", "say in short what all rows look like",
        "say what buckets of rows look like", "read the rows",
      ]
    case .cycle:
      [
        "let constraints wait for the tables that merge together", "give every staged row its verdict",
        "reject rows whose parent is not to go in either",
      ]
    }
  }

  /// Of these statements, the ones that the file shows: each in its first form, unless it shows all.
  func shown(of statements: [TableStatement]) -> [TableStatement] {
    guard let subjects else { return statements }
    var forms: [String: String] = [:]
    return statements.filter { statement in
      guard subjects.contains(statement.purpose) else { return false }
      let name = "\(statement.end): \(statement.purpose)"
      let form = "\(statement.section.title) \(statement.condition ?? "")"
      let first = forms[name, default: form]
      forms[name] = first
      return form == first
    }
  }
}
