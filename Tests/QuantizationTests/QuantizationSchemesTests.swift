import Mapping
import Tensors
import Testing

/// The conformance kit of schemes: what every registered one must do.
@Suite struct QuantizationSchemesTests {
  static let ids = QuantizationSchemes.all.map(\.id)

  @Test func idsAreUnique() { #expect(Set(Self.ids).count == Self.ids.count) }

  @Test(arguments: ids) func isFoundByItsName(_ id: String) throws {
    let scheme = try QuantizationSchemes.scheme(id)
    #expect(scheme.id == id)
    #expect(!scheme.summary.isEmpty)
    #expect(throws: Never.self) { try scheme.validate(scheme.defaultGranularity) }
  }

  @Test(arguments: ids) func conforms(_ id: String) throws {
    let scheme = try QuantizationSchemes.scheme(id)
    #expect(SchemeConformance.defects(of: scheme) == [])
  }

  @Test func unknownSchemeNamesTheKnown() {
    #expect { try QuantizationSchemes.scheme("w4a4") } throws: { error in
      guard let error = error as? VLMError else { return false }
      return error.code == .schemeUnknown && Self.ids.allSatisfy { error.remedy?.contains($0) == true }
    }
  }

  @Test func integerProductsNeedOneScaleARow() {
    #expect { try W8A8().validate(.group(64)) } throws: { ($0 as? VLMError)?.code == .granularityRefused }
  }

  @Test(arguments: [-1, 0, 1]) func refusesGroupsThatAreNone(_ size: Int) {
    #expect { try W8A16().validate(.group(size)) } throws: { ($0 as? VLMError)?.code == .granularityRefused }
  }
}
