import LZ4Frame
import Postgres

/// The checksum that ends a frame: four bytes, the lowest first.
package enum FrameChecksum {
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    bytes.reversed().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
