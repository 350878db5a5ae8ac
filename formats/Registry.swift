/// The family files compiled into the binary. A new family adds its line here.
package enum FamilyRegistry {
  /// File name and JSON5 text of every family in one naming dialect.
  package static let files: [(name: String, text: [UInt8])] = [
    ("empty.json5", PackageResources.empty_json5)
  ]
}
