import PostgresValues

/// Whether a text is a value of the target's own type: for types that cross as text.
package enum UserTypeCheck {
  /// The condition under which `value`, a text, is what the target's type shows again; `nil`: nothing is known that
  /// could change it. A text that the type does not take at all fails the table.
  package static func condition(_ value: SQL, _ target: TypeFacts) -> SQL? {
    check(value, target).map { "(\(value) IS NULL OR \($0))" }
  }

  private static func check(_ value: SQL, _ target: TypeFacts) -> SQL? {
    if let lookUp = BuiltinType.objectNames[target.baseOID] {
      // A dash, for an operator a zero, stands for no object.
      return lookUp.map {
        """
        CASE WHEN \(value) OPERATOR(pg_catalog.=) ANY ('{-,0}') THEN true \
        ELSE pg_catalog.\(raw: $0)(\(value)) IS NOT NULL END
        """
      }
    }
    if target.baseKind == .enumeration { return "\(value) OPERATOR(pg_catalog.=) ANY (\(labels(target.baseSQL)))" }
    if let element = target.element, element.kind == .enumeration {
      let unknown: SQL = "e.v OPERATOR(pg_catalog.<>) ALL (\(labels(element.sql)))"
      return "NOT EXISTS (SELECT FROM pg_catalog.unnest(\(value)::pg_catalog.text[]) AS e (v) WHERE \(unknown))"
    }
    // Their parts may have a shorter length or scale on the target, to which the text is cut or rounded as it is read.
    let parts: Set<TypeFacts.Kind> = [.composite, .domain, .range, .multirange]
    guard parts.contains(target.baseKind) || target.element.map({ parts.contains($0.kind) }) ?? false else {
      return nil
    }
    return "\(value)::\(raw: target.exactSQL)::pg_catalog.text OPERATOR(pg_catalog.=) \(value)"
  }

  private static func labels(_ enumeration: String) -> SQL {
    "pg_catalog.enum_range(NULL::\(raw: enumeration))::pg_catalog.text[]"
  }
}
