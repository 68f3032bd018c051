/// What a chunk's rows without a parent came to.
package struct HeldChunk: Sendable {
  package var segments: [HeldRows.Segment] = []
  package var rows = 0
  package var bytes = 0
  package var keysAsked = 0
  /// What the questions took on the link.
  package var askedBytes = 0
}
