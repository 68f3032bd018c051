#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Whether a process with this id exists, whoever it belongs to. A killed server leaves its file, not its process.
func isAlive(_ pid: Int32) -> Bool {
  kill(pid, 0) == 0 || errno == EPERM
}
