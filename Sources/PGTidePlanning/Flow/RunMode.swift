/// What a run is asked for. Either looks at all rows and moves only what differs, so that both do the same: scripts and people
/// that ask for the one or the other are understood, and the report says which it was.
public enum RunMode: String, Sendable, Equatable, CaseIterable {
  case full
  case incremental
}
