import FoundationEssentials

/// A PostgreSQL server of its own in one directory: its data, its log and its socket.
///
/// For tests, use ``withCluster(_:body:)``, which removes the server whatever happens. A server made by
/// ``create(in:options:)`` runs until it is stopped, also after this process has ended.
///
/// The superuser is `postgres`. Whoever can enter the directory (mode 0700) needs no password on the socket; over TCP,
/// on 127.0.0.1 alone, there is one, which ``tcpConnectionString(database:)`` contains.
public struct PostgresCluster: Sendable {
  /// The directory that holds all of the server. It is the socket directory, too.
  public let directory: String
  public let port: Int
  let password: String
  let command: Command
  let user: ServerUser

  public static let superuser = "postgres"

  public var dataDirectory: String { "\(directory)/data" }
  public var logFile: String { "\(directory)/log" }

  /// A server that ``create(in:options:)`` made earlier, running or not.
  public init(existing directory: String, binaries: String? = nil) async throws {
    func read(_ name: String) throws -> String {
      guard let text = try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8) else {
        throw ClusterError("find a server in \(directory)", hint: "there is no readable file \(name) in it")
      }
      return text.trimmingNewline
    }
    guard let port = Int(try read("port")) else {
      throw ClusterError("read the port of the server in \(directory)")
    }
    self.init(
      directory: directory, port: port, password: try read("password"),
      command: Command(binaries: try await .find(in: binaries)), user: try .forServer(in: directory))
  }

  init(directory: String, port: Int, password: String, command: Command, user: ServerUser) {
    self.directory = directory
    self.port = port
    self.password = password
    self.command = command
    self.user = user
  }

  /// The socket that it listens on.
  public var socketPath: String { "\(directory)/.s.PGSQL.\(port)" }

  /// The process that is the server, or `nil` if it is not running.
  public var pid: Int32? {
    let file = try? String(contentsOfFile: "\(dataDirectory)/postmaster.pid", encoding: .utf8)
    guard let pid = file?.split(separator: "\n").first.flatMap({ Int32($0) }), isAlive(pid) else { return nil }
    return pid
  }

  /// The last lines of the server's log.
  public func logTail(lines: Int = 20) -> String {
    let log = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
    return log.split(separator: "\n").suffix(lines).joined(separator: "\n")
  }

  /// A libpq keyword string for the server's socket.
  public func connectionString(database: String = "postgres") -> String {
    "host=\(quoted(directory)) port=\(port) user=\(Self.superuser) dbname=\(quoted(database))"
  }

  /// A libpq keyword string for 127.0.0.1, with the password in it.
  public func tcpConnectionString(database: String = "postgres") -> String {
    "host=127.0.0.1 port=\(port) user=\(Self.superuser) password=\(password) dbname=\(quoted(database))"
  }

  /// As libpq reads a value: in single quotes if it holds anything but plain characters.
  private func quoted(_ value: String) -> String {
    let isPlain = !value.isEmpty && value.allSatisfy { $0.isLetter || $0.isNumber || "/_-.".contains($0) }
    if isPlain { return value }
    return "'\(value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
  }
}

extension String {
  var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
