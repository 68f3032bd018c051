import CopyFormat
import Postgres

/// A file of the spill is not what was written.
package struct SpillDamage: Error, CustomStringConvertible {
  package let path: String
  package let what: String

  package var description: String { "the spill's file \(path) is damaged: \(what)" }
}
