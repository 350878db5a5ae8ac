import Files
import Tensors
import Testing

@Suite struct XMLTreeTests {
  @Test func readsElementsAndAttributes() throws {
    let text = """
      \u{FEFF}<?xml version="1.0"?><!-- <a> -->
      <scene name='a &lt;b&gt; &amp; &quot;c&quot; &#233;&#x4e2d;' empty = "" wide="1\n2">
        words &amp; <!-- <c/> --><![CDATA[<d/>]]><?do it?>
        <body name="é"><joint/></body ><body/>
      </scene >
      """
    let tree = try XMLTree(parsing: text)
    #expect(tree.name == "scene")
    #expect(tree.attributes == ["name": "a <b> & \"c\" é中", "empty": "", "wide": "1 2"])
    #expect(tree.children.map(\.name) == ["body", "body"] && tree.children(named: "joint").isEmpty)
    #expect(tree.children[0].attributes == ["name": "é"] && tree.children[0].children[0].name == "joint")
    #expect(tree.first { $0.name == "joint" } != nil && tree.first { $0.name == "d" } == nil)
  }

  @Test(arguments: [
    ("", 0), ("words", 0), ("<a>", 3), ("<a></b>", 5), ("<a/><b/>", 4), ("<a b=1/>", 5), ("<a b=\"1/>", 9),
    ("<a b='<'/>", 6), ("<a b='1' b='2'/>", 9), ("<a b='1'c='2'/>", 8), ("<a b/>", 4), ("<1/>", 1),
    ("<a b='&x;'/>", 6),
    ("<a b='&#0;'/>", 6), ("<a b='&#xD800;'/>", 6), ("<a b='&amp'/>", 6), ("<a><!-- </a>", 3),
    ("<a><![CDATA[</a>", 3),
    ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", 0), ("<a", 2), ("<a></a", 6), ("<", 1), ("<a/", 2),
  ]) func saysWhereADocumentIsBroken(text: String, offset: Int) {
    let error = #expect(throws: VLMError.self) { try XMLTree(parsing: text) }
    #expect(
      error?.code.rawValue == "files.xml.syntax" && error?.offset == offset, "\(String(describing: error))")
  }

  @Test func nestsAsDeepAsScenesDoAndNoDeeper() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    _ = try XMLTree(parsing: nested(256))
    #expect(throws: VLMError.self) { try XMLTree(parsing: nested(257)) }
    #expect(throws: VLMError.self) { try XMLTree(parsing: nested(1_000_000)) }
  }
}
