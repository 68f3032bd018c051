import Postgres

/// Statements in the order of a run.
struct StatementList {
  private(set) var statements: [TableStatement] = []
  private var section = TableStatement.Section(title: "", condition: nil)
  /// In which case all that is added is sent.
  private var condition: String?

  mutating func add(_ end: EndName, _ purpose: String, if condition: String? = nil, _ sql: SQL...) {
    add(end, purpose, if: condition, sql)
  }

  mutating func add(_ end: EndName, _ purpose: String, if condition: String? = nil, _ sql: [SQL]) {
    statements += sql.map {
      TableStatement(
        section: section, purpose: purpose, end: end, condition: condition ?? self.condition, sql: $0)
    }
  }

  mutating func section(_ title: String, if condition: String? = nil, _ body: (inout StatementList) -> Void) {
    section = TableStatement.Section(title: title, condition: condition)
    body(&self)
  }

  /// What `body` adds is sent in this case only, unless it names one of its own.
  mutating func only(_ condition: String, _ body: (inout StatementList) -> Void) {
    let outer = self.condition
    self.condition = condition
    body(&self)
    self.condition = outer
  }
}
