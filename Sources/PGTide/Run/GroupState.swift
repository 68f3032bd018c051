/// How far a group of tables has come; most groups have one table. What belongs to a state is in it.
///
/// A group begins as `staging`, `empty` or `level`. What is not in this table cannot happen, and ends the program
/// (``next(on:)``).
///
/// | state | event | next state |
/// | --- | --- | --- |
/// | staging | chunk begins, chunk is copied, chunk fails | staging |
/// | staging | comparison begins | comparing |
/// | staging | parent fails | skipped |
/// | empty | load begins | loading |
/// | empty | parent fails | skipped |
/// | loading | rows are loaded | loaded |
/// | loading | load is given up | staging, empty or skipped |
/// | loading | parent fails | loading |
/// | loaded | analysis begins | analyzing |
/// | loaded | proof begins | proving |
/// | loaded | rollback begins | rolling back |
/// | loaded | parent fails | loaded |
/// | analyzing | analysis ends | loaded |
/// | analyzing | load is given up | staging, empty or skipped |
/// | analyzing | parent fails | analyzing |
/// | proving | load lands | landed |
/// | proving | load is given up | staging or empty |
/// | rolling back | load is given up | skipped |
/// | rolling back | parent fails | rolling back |
/// | comparing | comparison ends | compared or skipped |
/// | comparing | comparison lands | landed |
/// | comparing | comparison fails | failed |
/// | comparing | parent fails | comparing |
/// | compared | merge begins | merging |
/// | compared | parent fails | skipped |
/// | merging | merge lands | landed |
/// | merging | merge fails | failed |
/// | landed | cleanup begins | cleaning |
/// | cleaning | cleanup ends | cleaned |
/// | level | parent fails | level |
/// | failed | parent fails | failed |
/// | skipped | chunk is copied, chunk fails, parent fails | skipped |
enum GroupState: Hashable, Sendable {
  /// Its rows go to their stages: so many chunks are still to be read, so many are being copied.
  case staging(unread: Int, copying: Int)
  /// It takes its rows straight from the source.
  case empty(isSecondTry: Bool)
  /// Its rows are being copied into it.
  case loading(Load)
  /// Its rows are in it, in a transaction that is open and waits for its parents.
  case loaded(Load, isAnalyzed: Bool)
  /// The same, and the time is used.
  case analyzing(Load)
  /// Its foreign keys are being proved, and its transaction committed.
  case proving(isSecondTry: Bool)
  /// Its transaction is being rolled back, because of this parent.
  case rollingBack(because: Int)
  /// Its rows are being compared with the target's.
  case comparing(Comparison)
  case compared
  case merging
  /// Its stages may still be needed, if it has any.
  case landed(isStaged: Bool)
  case cleaning
  case cleaned
  /// Nothing was to be done about it in the first place.
  case level
  case failed
  /// It refers to this group, which did not land. So many of its chunks are still being copied.
  case skipped(because: Int, copying: Int)

  /// What is known of a load.
  struct Load: Hashable, Sendable {
    /// It was given up before because of another table.
    var isSecondTry = false
    /// What it refers to that has failed since it began.
    var failedParent: Int?
  }

  enum Comparison: Hashable, Sendable {
    /// All parents have landed.
    case last
    case beforeParents
    /// This parent has failed since it began.
    case without(Int)
  }

  var hasLanded: Bool {
    switch self {
    case .landed, .cleaning, .cleaned, .level: true
    default: false
    }
  }

  /// What refers to it can be compared.
  var isCompared: Bool { self == .compared || self == .merging || hasLanded }

  /// It will not land in this run.
  var isLost: Bool {
    switch self {
    case .failed, .skipped: true
    default: false
    }
  }

  /// Some of its rows may still have to be read.
  var needsSource: Bool {
    switch self {
    case .staging(let unread, let copying): unread + copying > 0
    case .skipped(_, let copying): copying > 0
    case .empty, .loading, .loaded, .analyzing, .proving: true
    default: false
    }
  }

  var isEmpty: Bool { if case .empty = self { true } else { false } }
}
