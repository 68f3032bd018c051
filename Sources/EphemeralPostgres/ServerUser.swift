import FoundationEssentials

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The user that a server's programs run as, which may not be root.
struct ServerUser: Sendable {
  /// `nil`: the caller, who is not root.
  private let other: (user: uid_t, group: gid_t)?

  /// The caller, or, if that is root, `postgres` or else `nobody`.
  static func forCaller() throws -> ServerUser {
    guard geteuid() == 0 else { return ServerUser(other: nil) }
    for name in ["postgres", "nobody"] {
      // The entry is the C library's own memory: it is read here and not kept.
      if let entry = unsafe getpwnam(name) {
        return ServerUser(other: unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid))
      }
    }
    throw ClusterError(
      "find a user to run the server as: root may not, and there is neither a user postgres nor nobody")
  }

  /// Whoever may stop and start the server in `directory`: for root, the directory's owner.
  static func forServer(in directory: String) throws -> ServerUser {
    guard geteuid() == 0 else { return ServerUser(other: nil) }
    let attributes = try? FileManager.default.attributesOfItem(atPath: directory)
    guard let owner = attributes?[.ownerAccountID] as? any BinaryInteger,
      let group = attributes?[.groupOwnerAccountID] as? any BinaryInteger
    else {
      throw ClusterError("find out to whom \(directory) belongs")
    }
    return ServerUser(other: (uid_t(truncatingIfNeeded: owner), gid_t(truncatingIfNeeded: group)))
  }

  /// The words before a command that make it run as this user.
  ///
  /// Not `PlatformOptions.userID`: swift-subprocess then calls setuid() in the forked child, where glibc can wait for
  /// ever for a thread that only the parent has.
  var commandPrefix: [String] {
    guard let other else { return [] }
    return ["setpriv", "--reuid=\(other.user)", "--regid=\(other.group)", "--clear-groups"]
  }

  /// Makes a file or directory this user's own.
  func own(_ path: String) throws {
    guard let other else { return }
    guard unsafe chown(path, other.user, other.group) == 0 else {
      throw ClusterError("hand \(path) to the server's user")
    }
  }
}
