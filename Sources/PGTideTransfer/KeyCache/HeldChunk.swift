/// What a chunk's rows without a parent came to.
struct HeldChunk: Sendable {
  var segments: [HeldRows.Segment] = []
  var rows = 0
  var bytes = 0
  var keysAsked = 0
  /// What the questions took on the link.
  var askedBytes = 0

  static func += (total: inout HeldChunk, chunk: HeldChunk) {
    total.segments += chunk.segments
    total.rows += chunk.rows
    total.bytes += chunk.bytes
    total.keysAsked += chunk.keysAsked
    total.askedBytes += chunk.askedBytes
  }
}

extension KeyCacheReport {
  mutating func add(_ chunk: HeldChunk) {
    keysAsked += chunk.keysAsked
    rowsHeldBack += chunk.rows
    bytesSaved += chunk.bytes - chunk.askedBytes
  }
}
