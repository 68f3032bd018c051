import Glibc

/// What a proxy could not do.
public struct ProxyError: Error, CustomStringConvertible {
  public let description: String

  init(_ doing: String) { description = "could not \(doing): error \(errno) of the system" }
}

/// The server behind a proxy.
public enum Upstream: Sendable, Hashable {
  /// A port of 127.0.0.1.
  case tcp(port: Int)
  /// A socket by its path, such as `/tmp/x/.s.PGSQL.5432`.
  case unixSocket(String)
}

/// A stream socket that never blocks, closed when nobody holds it any more. The only place of this module with C in it,
/// beside ``Bell`` and the call of `poll`.
final class Socket: Sendable {
  enum Received {
    case bytes([UInt8])
    case nothing
    /// The other side sends no more.
    case end
    case broken
  }

  let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }

  private static let stream = Int32(SOCK_STREAM.rawValue)

  /// A socket that takes connections on a free port of 127.0.0.1.
  static func listening() throws -> (socket: Socket, port: Int) {
    let socket = Socket(Glibc.socket(AF_INET, stream, 0))
    var address = loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(socket.descriptor, address, size) == 0 && Glibc.listen(socket.descriptor, 128) == 0
          && getsockname(socket.descriptor, address, &size) == 0
      }
    }
    guard isBound, socket.setFlags() else { throw ProxyError("listen on 127.0.0.1") }
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// A connection that waits to be taken; `nil` for none.
  func accept() -> Socket? {
    let taken = Glibc.accept(descriptor, nil, nil)
    guard taken >= 0 else { return nil }
    let socket = Socket(taken)
    guard socket.setFlags() else { return nil }
    socket.sendAtOnce()
    return socket
  }

  /// Connects; `nil` when nobody listens there. It waits, on this machine, for no time to speak of.
  static func connected(to upstream: Upstream) -> Socket? {
    let socket: Socket
    let result: Int32
    switch upstream {
    case .tcp(let port):
      socket = Socket(Glibc.socket(AF_INET, stream, 0))
      var address = loopback(port: UInt16(port))
      result = unsafe withUnsafePointer(to: &address) { address in
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      socket.sendAtOnce()
    case .unixSocket(let path):
      socket = Socket(Glibc.socket(AF_UNIX, stream, 0))
      guard var address = local(path) else { return nil }
      result = unsafe withUnsafePointer(to: &address) { address in
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    guard result == 0, socket.setFlags() else { return nil }
    return socket
  }

  func receive(upTo size: Int) -> Received {
    var count = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      count = unsafe recv(descriptor, buffer.baseAddress, size, 0)
      filled = max(0, count)
    }
    if count > 0 { return .bytes(bytes) }
    if count == 0 { return .end }
    return errno == EAGAIN || errno == EINTR ? .nothing : .broken
  }

  /// Returns how many bytes the system took; `nil` when the connection is broken.
  func send(_ bytes: ArraySlice<UInt8>) -> Int? {
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }

  /// Tells the other side that nothing more comes.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Has the coming close send a RST instead of a FIN.
  func resetOnClose() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
  }

  private func setFlags() -> Bool {
    // Children, such as a server that a test starts, must not inherit a connection.
    fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
  }

  /// Small messages must not wait for each other; the link alone says what takes time.
  private func sendAtOnce() {
    var on: Int32 = 1
    unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  /// `nil` for a path that is too long for a socket.
  private static func local(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      guard bytes.count < place.count else { return false }
      unsafe place.copyBytes(from: bytes)
      return true
    }
    return fits ? address : nil
  }
}
