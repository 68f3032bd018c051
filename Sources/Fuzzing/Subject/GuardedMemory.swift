#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory behind whose end nothing can be read: a read of one byte too many ends the process.
@safe
package final class GuardedMemory {
  private let start: UnsafeMutableRawPointer
  /// Bytes before the page that nobody may read.
  private let capacity: Int
  private let pageSize: Int

  /// - Parameter capacity: bytes to hold at most.
  package init(capacity: Int) {
    pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
    self.capacity = (capacity + pageSize - 1) / pageSize * pageSize
    // An anonymous private mapping of our own, kept until `deinit`.
    let mapped = unsafe mmap(
      nil, self.capacity + pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { fatalError("no memory for a guarded buffer") }
    unsafe start = mapped
    guard unsafe mprotect(start + self.capacity, pageSize, PROT_NONE) == 0 else {
      fatalError("a page of memory cannot be protected")
    }
  }

  deinit {
    // What `init` mapped, whole.
    unsafe munmap(start, capacity + pageSize)
  }

  /// Lets `body` see a copy of `bytes` that ends where the readable memory ends.
  package func holding<Result, Failure: Error>(
    _ bytes: some Collection<UInt8>, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(bytes.count <= capacity, "more bytes than the guarded memory holds")
    // Checked above: the bytes fit between the start and the guarding page.
    let place = unsafe UnsafeMutableRawBufferPointer(start: start + capacity - bytes.count, count: bytes.count)
    unsafe place.copyBytes(from: bytes)
    return try unsafe body(UnsafeRawBufferPointer(place).bytes)
  }
}
