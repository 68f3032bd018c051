import CopyFormat
import Postgres

/// Which chunk it is.
package struct ChunkID: Sendable, Hashable {
  package let table: QualifiedName
  package let number: Int
}
