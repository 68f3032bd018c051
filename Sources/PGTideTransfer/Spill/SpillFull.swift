/// There is no room for more on the disk, or not as much as the user allows. What is left goes to the target directly.
package struct SpillFull: Error, CustomStringConvertible {
  package let reason: String

  package var description: String { reason }
}
