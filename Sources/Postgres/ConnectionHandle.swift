import CLibPQ
import Synchronization

/// Owns one libpq connection; it ends with this value.
@safe struct ConnectionHandle: ~Copyable {
  let pointer: OpaquePointer
  let notices: NoticeCollector

  /// Connects, and waits until the server has accepted or `connect_timeout` is over.
  init(options: ConnectionOptions) throws(PostgresError) {
    // Said by us, because libpq's own message about a malformed string quotes parts of it, a password among them.
    _ = try ConnectionTarget(connectionString: options.connectionString, label: options.label)
    let keywords = options.keywords
    let opened = unsafe withCStrings(keywords.map(\.0)) { names in
      unsafe withCStrings(keywords.map(\.1)) { values in
        // 1: `dbname` may itself be a connection string and is taken apart.
        unsafe PQconnectdbParams(names, values, 1)
      }
    }
    guard let opened = unsafe opened else {
      throw PostgresError(kind: .cannotConnect, connection: options.label, message: "libpq is out of memory")
    }
    guard unsafe PQstatus(opened) == CONNECTION_OK else {
      let message = unsafe Self.failure(of: opened)
      unsafe PQfinish(opened)
      throw PostgresError(kind: .cannotConnect, connection: options.label, message: message)
    }
    unsafe pointer = opened
    notices = NoticeCollector()
    // The collector outlives the connection: both end with this value, the connection first.
    let context = unsafe Unmanaged.passUnretained(notices).toOpaque()
    _ = unsafe PQsetNoticeProcessor(
      opened,
      { context, message in
        guard let context = unsafe context, let message = unsafe message else { return }
        let text = unsafe String.escaping(message).trimmingTrailingNewlines
        unsafe Unmanaged<NoticeCollector>.fromOpaque(context).takeUnretainedValue().add(text)
      }, context)
  }

  /// Why the connection could not be made, without the secrets that libpq may quote.
  private static func failure(of connection: OpaquePointer) -> String {
    let message = unsafe String.escaping(PQerrorMessage(connection)).trimmingTrailingNewlines
    let values = unsafe connectionValues(connection)
    // The password may have come from the environment or a password file, which only libpq knows.
    let password = unsafe PQpass(connection).map { unsafe String(cString: $0) }
    let told = ["host", "hostaddr", "port", "user", "dbname"].compactMap { values[$0] }
    return message.hiding([password, values["password"], values["sslpassword"]].compactMap(\.self), told: told)
  }

  deinit { unsafe PQfinish(pointer) }
}

/// What libpq uses for each keyword: the connection string's word, or the environment's, or its own.
///
/// `connection` need not be established. The values include the password.
func connectionValues(_ connection: OpaquePointer) -> [String: String] {
  guard let options = unsafe PQconninfo(connection) else { return [:] }
  defer { unsafe PQconninfoFree(options) }
  return unsafe keywordValues(options)
}

/// Keeps the warnings that a server sends beside its results, at most `capacity` of them.
final class NoticeCollector: Sendable {
  private let notices = Mutex<[String]>([])
  private static let capacity = 100

  func add(_ text: String) {
    notices.withLock { if $0.count < Self.capacity { $0.append(text) } }
  }

  var all: [String] { notices.withLock(\.self) }

  func take() -> [String] {
    notices.withLock { notices in
      defer { notices = [] }
      return notices
    }
  }
}

extension String {
  var trimmingTrailingNewlines: String {
    var text = self[...]
    while text.last?.isNewline == true { text = text.dropLast() }
    return String(text)
  }

  /// The text without secrets that it may quote. A secret that is part of a name in `told` stays: to cut it out of
  /// that name would tell it.
  func hiding(_ secrets: [String], told: [String]) -> String {
    secrets.filter { secret in !secret.isEmpty && !told.contains { $0.utf8.contains(secret.utf8) } }
      .reduce(self) { text, secret in
        // By their scalars: an accent behind a secret does not make it another one.
        let hidden = Array(text.unicodeScalars).replacing(Array(secret.unicodeScalars), with: "***".unicodeScalars)
        return String(String.UnicodeScalarView(hidden))
      }
  }
}

/// Lends `strings` as the NULL-terminated array of C strings that libpq reads; valid during `body` only.
func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
  var bytes: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(bytes.count)
    bytes += string.utf8.map { CChar(bitPattern: $0) } + [0]
  }
  return unsafe bytes.withUnsafeBufferPointer { buffer in
    // Every offset lies within `bytes`, which does not move during this closure.
    var pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { unsafe buffer.baseAddress! + $0 }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
  }
}
