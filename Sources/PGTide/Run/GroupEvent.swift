/// What can happen to a group of tables.
enum GroupEvent: Hashable, Sendable {
  case chunkBegins, chunkIsCopied
  /// So many others of its table need not be read any more.
  case chunkFails(unread: Int)
  case loadBegins, rowsAreLoaded, analysisBegins, analysisEnds, proofBegins, rollbackBegins, loadLands
  /// The table that stood in the way is this group's, or not known. It has so many chunks.
  case loadIsGivenUp(isCulprit: Bool, chunks: Int)
  case comparisonBegins(mayLand: Bool)
  case comparisonEnds, comparisonLands, comparisonFails
  case mergeBegins, mergeLands, mergeFails
  case cleanupBegins, cleanupEnds
  /// A group to which it refers will not land.
  case parentFails(Int)
}

extension GroupState {
  /// The state after an event; `nil` if that cannot happen in this one.
  func next(on event: GroupEvent) -> GroupState? {
    if case .parentFails(let parent) = event { return without(parent) }
    return switch self {
    case .staging(let unread, let copying): Self.staging(unread, copying, event)
    case .empty(let isSecondTry): event == .loadBegins ? .loading(Load(isSecondTry: isSecondTry)) : nil
    case .loading, .loaded, .analyzing, .proving, .rollingBack: loading(event)
    case .comparing(let comparison): Self.comparing(comparison, event)
    case .compared: event == .mergeBegins ? .merging : nil
    case .merging:
      switch event {
      case .mergeLands: .landed(isStaged: true)
      case .mergeFails: .failed
      default: nil
      }
    case .landed: event == .cleanupBegins ? .cleaning : nil
    case .cleaning: event == .cleanupEnds ? .cleaned : nil
    case .cleaned, .level, .failed: nil
    case .skipped(let parent, let copying): Self.skipped(parent, copying, event)
    }
  }

  private static func staging(_ unread: Int, _ copying: Int, _ event: GroupEvent) -> GroupState? {
    switch event {
    case .chunkBegins where unread > 0: .staging(unread: unread - 1, copying: copying + 1)
    case .chunkIsCopied where copying > 0: .staging(unread: unread, copying: copying - 1)
    case .chunkFails(let left) where copying > 0 && left <= unread:
      .staging(unread: unread - left, copying: copying - 1)
    case .comparisonBegins(let mayLand) where unread + copying == 0: .comparing(mayLand ? .last : .beforeParents)
    default: nil
    }
  }

  private static func skipped(_ parent: Int, _ copying: Int, _ event: GroupEvent) -> GroupState? {
    switch event {
    case .chunkIsCopied where copying > 0, .chunkFails(unread: 0) where copying > 0:
      .skipped(because: parent, copying: copying - 1)
    default: nil
    }
  }

  private func loading(_ event: GroupEvent) -> GroupState? {
    switch (self, event) {
    case (.loading(let load), .rowsAreLoaded): .loaded(load, isAnalyzed: false)
    case (.loaded(let load, isAnalyzed: false), .analysisBegins) where load.failedParent == nil: .analyzing(load)
    case (.analyzing(let load), .analysisEnds): .loaded(load, isAnalyzed: true)
    case (.loaded(let load, _), .proofBegins) where load.failedParent == nil: .proving(isSecondTry: load.isSecondTry)
    case (.loaded(let load, _), .rollbackBegins): load.failedParent.map { .rollingBack(because: $0) }
    case (.proving, .loadLands): .landed(isStaged: false)
    case (.loading(let load), .loadIsGivenUp(let isCulprit, let chunks)),
      (.analyzing(let load), .loadIsGivenUp(let isCulprit, let chunks)):
      load.failedParent.map { .skipped(because: $0, copying: 0) }
        ?? Self.givenUp(isSecondTry: load.isSecondTry, isCulprit, chunks)
    case (.proving(let isSecondTry), .loadIsGivenUp(let isCulprit, let chunks)):
      Self.givenUp(isSecondTry: isSecondTry, isCulprit, chunks)
    case (.rollingBack(let parent), .loadIsGivenUp): .skipped(because: parent, copying: 0)
    default: nil
    }
  }

  /// Without the table that stood in the way it may be done; once more, and it is staged.
  private static func givenUp(isSecondTry: Bool, _ isCulprit: Bool, _ chunks: Int) -> GroupState {
    isCulprit || isSecondTry ? .staging(unread: chunks, copying: 0) : .empty(isSecondTry: true)
  }

  private static func comparing(_ comparison: Comparison, _ event: GroupEvent) -> GroupState? {
    switch (comparison, event) {
    case (_, .comparisonFails): .failed
    case (.last, .comparisonLands): .landed(isStaged: true)
    case (.last, .comparisonEnds), (.beforeParents, .comparisonEnds): .compared
    case (.without(let parent), .comparisonEnds): .skipped(because: parent, copying: 0)
    default: nil
    }
  }

  /// The state after a parent has failed. What is at work goes on to its end. Nothing can be merging or have landed
  /// then, except what was level.
  private func without(_ parent: Int) -> GroupState? {
    switch self {
    case .staging(_, let copying): .skipped(because: parent, copying: copying)
    case .empty, .compared: .skipped(because: parent, copying: 0)
    case .loading(let load): .loading(load.without(parent))
    case .loaded(let load, let isAnalyzed): .loaded(load.without(parent), isAnalyzed: isAnalyzed)
    case .analyzing(let load): .analyzing(load.without(parent))
    case .comparing(.beforeParents): .comparing(.without(parent))
    case .rollingBack, .comparing(.without), .level, .failed, .skipped: self
    case .comparing(.last), .proving, .merging, .landed, .cleaning, .cleaned: nil
    }
  }
}

extension GroupState.Load {
  fileprivate func without(_ parent: Int) -> Self {
    var load = self
    load.failedParent = failedParent ?? parent
    return load
  }
}
