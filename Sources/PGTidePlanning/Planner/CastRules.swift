import PostgresValues

/// Decides how values are converted, from the types of both sides and the target's catalog of casts.
///
/// The rule behind all cases: nothing is cut or rounded. What the target could only hold as another value does not fit
/// and becomes a reject.
package struct CastRules: Sendable {
  /// Casts that an assignment may use, from the target's `pg_cast`.
  package var assignmentCasts: Set<TypePair>
  /// All casts.
  package var casts: Set<TypePair>
  /// Types of which the source knows an infinity that the target does not, by their OIDs.
  package var strangeInfinities: Set<UInt32> = []

  package struct TypePair: Hashable, Sendable {
    package var from: UInt32
    package var to: UInt32
  }

  /// `selected`: the source's column or expression. `staged`: the stage column.
  package func plan(
    from source: TypeFacts, selected: SQL, to target: TypeFacts, staged: SQL
  ) throws(CastProblem) -> CastPlan {
    // A numeric with a precision holds none.
    let isFinite = source.baseOID != BuiltinType.interval && source.baseModifier != -1
    guard strangeInfinities.contains(source.baseOID), !isFinite, !BuiltinType.isText(target.baseOID) else {
      return try plainPlan(from: source, selected: selected, to: target, staged: staged)
    }
    // The target would refuse its bytes, or take them for another value. As a text it can be looked at.
    let isInfinite: SQL = "pg_catalog.strpos(pg_catalog.lower(\(staged)), 'inf') OPERATOR(pg_catalog.>) 0"
    let finite: SQL = "(CASE WHEN \(isInfinite) THEN NULL ELSE \(staged) END)::\(raw: source.baseSQL)"
    var plan = try plainPlan(from: source, selected: selected, to: target, staged: finite)
    let fits = plan.fits.map { " AND \($0)" as SQL } ?? ""
    plan.select = "\(selected)::pg_catalog.text"
    plan.stageType = "pg_catalog.text"
    plan.fits = "(\(staged) IS NULL OR NOT (\(isInfinite))\(fits))"
    return plan
  }

  private func plainPlan(
    from source: TypeFacts, selected: SQL, to target: TypeFacts, staged: SQL
  ) throws(CastProblem) -> CastPlan {
    let to = target.baseOID
    if source.isPortable && source.baseOID == to { return same(source, selected, target, staged) }
    if BuiltinType.isText(to) { return toText(source, selected, target, staged) }
    if source.isPortable && BuiltinType.widens(source.baseOID, to: to) {
      return widened(source, selected, target, staged)
    }
    if source.isPortable, assignmentCasts.contains(TypePair(from: source.baseOID, to: to)),
      !BuiltinType.geometric.contains(to), !BuiltinType.namesObjects(target)
    {
      return try converted(source, selected, target, staged)
    }
    if sameUserType(source, target) || (target.baseKind == .enumeration && BuiltinType.isText(source.baseOID)) {
      return try asText(source, selected, target, staged)
    }
    throw CastProblem(
      reason: "\(source.label) does not turn into \(target.label) by assignment",
      hint: hint(source, selected, target))
  }

  /// What the user can write instead. An expression is computed on the source, which has the built-in types only.
  private func hint(_ source: TypeFacts, _ selected: SQL, _ target: TypeFacts) -> String {
    if target.isPortable {
      let type = TypeName.short(target.baseSQL)
      let elements = TypePair(from: source.element?.oid ?? source.baseOID, to: target.element?.oid ?? target.baseOID)
      // A text is read as any type. Built-in types have the same casts on each server.
      let isCast = BuiltinType.isText(elements.from) || casts.contains(elements)
      return "Set the column to an expression \(isCast ? "such as \(selected.text)::" : "of type ")\(type), or skip it."
    }
    if target.baseKind == .enumeration {
      return "Set the column to an expression that yields one of its labels as text, such as \(selected.text)::text, "
        + "or skip it."
    }
    return
      "Only a type of the same name on the source turns into it; give the target's column another type, or skip it."
  }

  /// The same type on both sides: at most the length or scale differs.
  private func same(_ source: TypeFacts, _ selected: SQL, _ target: TypeFacts, _ staged: SQL) -> CastPlan {
    let isNarrower = !LengthCheck.holds(everything: source.baseModifier, in: target.baseModifier, type: target.baseOID)
    let isRecast = target.kind == .domain || target.baseModifier != source.baseModifier && target.baseModifier != -1
    return CastPlan(
      select: selected, stageType: SQL(raw: target.baseSQL), value: isRecast ? staged.cast(to: target) : staged,
      fits: isNarrower ? LengthCheck.condition(staged, target) : nil)
  }

  /// Anything has a text form. It is made on the source, with pinned settings for dates and numbers.
  private func toText(_ source: TypeFacts, _ selected: SQL, _ target: TypeFacts, _ staged: SQL) -> CastPlan {
    let isText = BuiltinType.isText(source.baseOID)
    let isNarrower = !isText || !LengthCheck.holdsText(source, target)
    let needsCast = target.kind == .domain || target.baseOID == BuiltinType.bpchar || target.baseOID == BuiltinType.name
    // A name's input refuses what is too long for it, where a stage takes all that comes.
    let stageType: SQL = target.baseOID == BuiltinType.name ? "pg_catalog.text" : SQL(raw: target.baseSQL)
    return CastPlan(
      select: "\(selected)::pg_catalog.text", stageType: stageType,
      value: needsCast ? staged.cast(to: target) : staged,
      fits: isNarrower ? LengthCheck.condition(staged, target) : nil, pins: TextForm.pins(source))
  }

  /// A type that holds every value of the source's: cast there, so that the target parses nothing.
  private func widened(_ source: TypeFacts, _ selected: SQL, _ target: TypeFacts, _ staged: SQL) -> CastPlan {
    let isRecast = target.kind == .domain || target.baseModifier != -1
    return CastPlan(
      select: ZonedCast.expression(selected, from: source.baseOID, to: target.baseOID)
        ?? "\(selected)::\(raw: target.baseSQL)",
      stageType: SQL(raw: target.baseSQL), value: isRecast ? staged.cast(to: target) : staged,
      fits: LengthCheck.condition(staged, target),
      notice: zoneNotice(source, target))
  }

  /// An assignment cast that may fail or lose something: made on the target, after a check that it does neither.
  private func converted(
    _ source: TypeFacts, _ selected: SQL, _ target: TypeFacts, _ staged: SQL
  ) throws(CastProblem) -> CastPlan {
    let back = casts.contains(TypePair(from: target.baseOID, to: source.baseOID))
    let check = LosslessCheck.condition(staged, from: source, to: target, hasCastBack: back)
    if check == nil && target.baseOID < BuiltinType.firstUnstable {
      throw CastProblem(
        reason: "turning \(source.label) into \(target.label) may lose something, and there is no way back to check it",
        hint: "Set the column to an expression that says what to keep, such as "
          + "\(selected.text)::\(TypeName.short(target.baseSQL)).")
    }
    let unchecked =
      check == nil ? "\(source.bareLabel) is turned into \(target.bareLabel) by a cast that nothing can check" : nil
    return CastPlan(
      select: selected, stageType: SQL(raw: source.baseSQL),
      value: (ZonedCast.expression(staged, from: source.baseOID, to: target.baseOID) ?? staged).cast(to: target),
      fits: check, notice: unchecked ?? zoneNotice(source, target))
  }

  /// A type whose OID, and so its binary form, is each server's own.
  private func asText(
    _ source: TypeFacts, _ selected: SQL, _ target: TypeFacts, _ staged: SQL
  ) throws(CastProblem) -> CastPlan {
    // A composite's text has no names in it: fields in another order would change places.
    guard source.fields == target.fields else {
      throw CastProblem(
        reason: "\(source.label) has the fields \(source.fields.joined(separator: ", ")) on the source, and "
          + "\(target.fields.joined(separator: ", ")) on the target",
        hint: "Give the type the same fields in the same order on both sides, or skip the column.")
    }
    // The cast from text to regclass is the only one that does not read what the type shows: it knows no dash.
    let text: SQL =
      target.baseOID == BuiltinType.regclass ? "pg_catalog.regclassin(\(staged)::pg_catalog.cstring)" : staged
    return CastPlan(
      select: "\(selected)::pg_catalog.text", stageType: "pg_catalog.text", value: text.cast(to: target),
      fits: UserTypeCheck.condition(staged, target), pins: TextForm.pins(source))
  }

  /// Said where the result depends on the time zone of the sessions.
  private func zoneNotice(_ source: TypeFacts, _ target: TypeFacts) -> String? {
    guard BuiltinType.dependsOnTimeZone(source.baseOID, target.baseOID) else { return nil }
    return BuiltinType.zoned.contains(source.baseOID)
      ? "\(source.bareLabel) is turned into \(target.bareLabel) in UTC"
      : "\(source.bareLabel) is read as UTC; an expression such as src.column AT TIME ZONE 'Europe/Berlin' says otherwise"
  }

  /// User types, extensions' types and arrays of them: the same name on both sides, in whatever schema.
  private func sameUserType(_ source: TypeFacts, _ target: TypeFacts) -> Bool {
    TypeName.withoutSchema(source.baseSQL).isSame(as: TypeName.withoutSchema(target.baseSQL))
  }
}

extension SQL {
  /// Cast to a column's type with its length or scale; only after the check that the value fits.
  package func cast(to type: TypeFacts) -> SQL { "\(self)::\(raw: type.sql)" }
}

extension TypeFacts {
  /// The binary form means the same on both servers: built-in types, except those that name objects by OID.
  package var isPortable: Bool {
    hasBinary && BuiltinType.isPortable(baseOID) && element.map { BuiltinType.isPortable($0.oid) } ?? true
  }
}
