import Glibc

/// Wakes a thread that waits in `poll`: a pipe to itself.
final class Bell: Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw ProxyError("make a pipe") }
    (readEnd, writeEnd) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func ring() {
    var byte: UInt8 = 1
    // A full pipe has rung already.
    _ = unsafe write(writeEnd, &byte, 1)
  }

  func silence() {
    var bytes: [UInt8] = Array(repeating: 0, count: 256)
    while unsafe read(readEnd, &bytes, bytes.count) > 0 {}
  }
}

/// What is waited for on one descriptor.
struct Interest {
  var descriptor: Int32
  var toRead: Bool
  var toWrite: Bool
}

/// Waits until one of the descriptors is ready, or `deadline` has come. Returns those that are ready, for whichever reason.
func waitForAny(of interests: [Interest], until deadline: ContinuousClock.Instant?) -> Set<Int32> {
  var polled = interests.map { interest in
    pollfd(
      // One that nobody cares for is left out: its end would be told again and again.
      fd: interest.toRead || interest.toWrite ? interest.descriptor : -1,
      events: Int16((interest.toRead ? POLLIN : 0) | (interest.toWrite ? POLLOUT : 0)), revents: 0)
  }
  let count = nfds_t(polled.count)
  let microseconds = deadline.map { max(0, ContinuousClock.now.duration(to: $0) / .microseconds(1)) }
  // poll() counts whole milliseconds. A shorter rest is slept through: nothing that comes meanwhile is due earlier.
  if let microseconds, microseconds < 1000 { usleep(UInt32(microseconds)) }
  _ = unsafe poll(&polled, count, microseconds.map { Int32(min($0 / 1000, 1_000_000)) } ?? -1)
  return Set(polled.filter { $0.revents != 0 }.map(\.fd))
}
