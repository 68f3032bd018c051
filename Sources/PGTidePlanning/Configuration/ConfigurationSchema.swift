/// The JSON Schema of `pgtide.yaml` (draft 2020-12), with which editors complete and check the file.
///
/// It refuses nothing that ``ConfigurationFile`` takes. What a schema cannot tell, such as a variable that is not set or a
/// column that is named twice, is left to ``ConfigurationFile``.
public enum ConfigurationSchema {
  /// The text of docs/pgtide.schema.json.
  public static var text: String { String(decoding: PackageResources.pgtide_schema_json, as: UTF8.self) }
}
