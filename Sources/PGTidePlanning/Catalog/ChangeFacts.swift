import PostgresValues

/// What the source says of itself and of tables whose rows tell by a column that they have changed.
package struct ChangeFacts: Sendable {
  /// Which server and which database it is, and since when it goes its own way: a standby that was promoted says another
  /// thing.
  package var identity = ""
  /// The number of the next transaction: a source that was taken back to an earlier state has a lower one than before.
  package var nextTransaction: Int?
  /// The session's user sees since when others' transactions are open.
  package var seesSessions = false
  package var tables: [QualifiedName: Table] = [:]
  /// What the entries of the configuration read.
  package var readings: [TableName: Reading] = [:]
  /// Which enumerations and composite types the database has, in short.
  package var types = ""
  /// Which functions, views and the like the database has, in short; `nil` where none can have a say in what is read.
  package var code: String?
  /// What the settings of the session are of which the database's own code may take notice, in short; `nil` as above.
  package var settings: String?

  package init() {}

  package struct Table: Sendable {
    /// The files of the table and its partitions: another one after TRUNCATE, or when the table was made anew.
    package var files = ""
    /// The columns of each unique index, without conditions and expressions.
    package var uniqueKeys: [Set<Identifier>] = []
    /// Columns with which an index begins.
    package var indexed: Set<Identifier> = []

    package init() {}
  }

  /// The relations that are read, those behind views among them.
  package struct Reading: Sendable {
    /// What they are, in short: files, columns, definitions.
    package var look = ""
    /// One of them whose rows may come later than their times say, and why.
    package var late: (relation: String, reason: Late)?

    package init() {}
  }

  /// Why the rows of a relation may come later than their times say.
  package enum Late: String, Sendable {
    case foreign = "f"
    case materialized = "m"
    case subscribed = "s"
  }
}
