import ConnectionStrings

/// One end of a flow.
public struct EndConfiguration: Sendable, Equatable {
  /// Anything libpq takes: a URI, a keyword string, or an empty string for the `PG*` variables alone.
  public var connection: String
  /// The schema of tables that are named without one.
  public var schema: ObjectName
  /// What our sessions there have, beyond what the role and the database say; in the file it stands under `session`.
  public var session: [SessionWish]

  public init(connection: String, schema: ObjectName = "public", session: [SessionWish] = []) {
    self.connection = connection
    self.schema = schema
    self.session = session
  }
}

extension EndConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without the connection string, which may hold a password.
  public var description: String {
    let target = try? ConnectionTarget(connectionString: connection, label: "")
    return "\(target?.description ?? "not a connection string"), schema \(schema)"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["connection": description]) }
}
