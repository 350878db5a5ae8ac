package import Tensors

extension VLMError.Code {
  package static let xmlSyntax = Self("files.xml.syntax")
}

/// An element of an XML document with all that is below it; texts between tags are left out.
///
/// Our own reader, since Foundation's would make every start of the tool load libxml2 and ICU, and installing need them.
package struct XMLTree: Sendable, Equatable {
  package let name: String
  package let attributes: [String: String]
  package let children: [XMLTree]

  /// Reads a whole document, without a document type: whoever declares entities is refused.
  ///
  /// - Throws: `files.xml.syntax` with the byte in `text`.
  package init(parsing text: String) throws(VLMError) {
    var scanner = XMLScanner(Array(text.utf8))
    self = try scanner.document()
  }

  init(name: String, attributes: [String: String], children: [XMLTree]) {
    self.name = name
    self.attributes = attributes
    self.children = children
  }

  /// The children of that name, in order.
  package func children(named name: String) -> [XMLTree] { children.filter { $0.name == name } }

  /// The first element, itself or anywhere below it, for which that holds.
  package func first(where isMeant: (XMLTree) -> Bool) -> XMLTree? {
    if isMeant(self) { return self }
    for child in children { if let found = child.first(where: isMeant) { return found } }
    return nil
  }
}
