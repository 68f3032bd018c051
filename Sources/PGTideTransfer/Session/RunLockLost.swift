/// The run's lock went to another run of its flow, so it must not write any more.
package struct RunLockLost: Error, CustomStringConvertible {
  package var description: String {
    "this run has lost its lock to another run of the same flow, so it writes nothing any more\n"
      + "  what to do: Let the other run end; it brings the target level."
  }
}
