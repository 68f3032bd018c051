/// What a chunk's rows without a parent came to.
package struct HeldChunk: Sendable {
  package var segments: [HeldRows.Segment] = []
  package var rows = 0
  package var bytes = 0
  package var keysAsked = 0
  /// What the questions took on the link.
  package var askedBytes = 0

  package static func += (total: inout HeldChunk, chunk: HeldChunk) {
    total.segments += chunk.segments
    total.rows += chunk.rows
    total.bytes += chunk.bytes
    total.keysAsked += chunk.keysAsked
    total.askedBytes += chunk.askedBytes
  }
}

extension KeyCacheReport {
  package mutating func add(_ chunk: HeldChunk) {
    keysAsked += chunk.keysAsked
    rowsHeldBack += chunk.rows
    bytesSaved += chunk.bytes - chunk.askedBytes
  }
}
