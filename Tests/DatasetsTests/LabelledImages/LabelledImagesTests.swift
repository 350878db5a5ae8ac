import Datasets
import Files
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// fixtures/oracle/make_labelled.py has h5py, NumPy and Pillow write small sets in the layouts of public ones.
@Suite struct LabelledImagesTests {
  private static func path(_ name: String) -> String { Fixture.url("datasets/\(name)").path }

  private static func expected(_ name: String) throws -> JSONValue {
    let file = Fixture.url("records/labelled.json").path
    let all = try JSONValue(parsing: Data(contentsOf: URL(filePath: file)), file: file, code: .jsonSyntax)
    return try #require(all[name])
  }

  private static func sha256(_ image: RGBImage) -> String {
    let hash = SHA256()
    image.pixels.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  private static func open(_ name: String, images: Int = 800) throws -> any DemonstrationSource {
    var reading = DemonstrationReading()
    reading.imageBudget = images
    return try DemonstrationFormat.open(path(name), reading: reading)
  }

  private static func picture(_ episode: Int, of source: any DemonstrationSource) throws -> RGBImage {
    try source.frames(source.describe(episode).cameras[0], rows: [0], of: episode)[0]
  }

  @Test(arguments: ["shapes3d.h5", "dsprites.npz", "image_classes", "image_splits"]) func keepsToTheProtocol(name: String)
    throws
  {
    try DemonstrationSourceConformance.check(Self.open(name))
  }

  // MARK: Arrays

  /// All of them, and some that are drawn: the pixels that h5py and NumPy read.
  @Test(arguments: ["shapes3d.h5", "dsprites.npz"], [800, 25]) func pixelsAreTheSame(name: String, images: Int)
    throws
  {
    let hashes = try #require(try Self.expected(name)["sha256"]?.arrayValue)
    let source = try Self.open(name, images: images)
    #expect(source.episodes.count == min(images, hashes.count))
    for (index, episode) in source.episodes.enumerated() {
      let row = try #require(Int(episode.name.dropFirst("image_".count)))
      #expect(try Self.sha256(Self.picture(index, of: source)) == hashes[row].stringValue)
    }
    let again = try Self.open(name, images: images)
    #expect(again.episodes == source.episodes, "always the same are drawn")
    let isDrawn = images < hashes.count
    #expect(
      source.sampling?.hasPrefix(
        isDrawn ? "25 of \(hashes.count) images, drawn at random" : "\(hashes.count) images, all there are")
        == true)
  }

  /// Numbers as they are, hues and turns by cosine and sine, shapes as classes.
  @Test func factorsOfThreeDShapes() throws {
    let labels = try #require(try Self.expected("shapes3d.h5")["labels"]?.arrayValue)
    let data = try Demonstrations(Self.open("shapes3d.h5"), options: DemonstrationOptions())
    #expect(data.isOfImages && data.frameCount == 90 && data.tasks == [""])
    #expect(
      data.observationKeys == ["floor_hue", "object_hue", "orientation", "scale", "shape", "wall_hue"])
    let (hue, turn, shape) = (
      try data.observation("floor_hue"), try data.observation("orientation"), try data.observation("shape")
    )
    #expect(hue.columns == ["floor_hue.cos", "floor_hue.sin"] && turn.columns == ["orientation"])
    #expect(shape.columns == ["cube", "cylinder", "sphere", "capsule"])
    #expect(shape.quantities == [.classes, .classes, .classes, .classes] && turn.quantities == [.extent])
    for image in 0..<90 {
      let label = (labels[image].arrayValue ?? []).compactMap(\.doubleValue)
      #expect(Array(turn.row(image)) == [label[5]])
      #expect(Array(hue.row(image)) == [cos(2 * .pi * label[0]), sin(2 * .pi * label[0])])
      #expect(Array(shape.row(image)) == (0..<4).map { $0 == Int(label[4]) ? 1 : 0 })
    }
    #expect(try data.oracleState() == nil)
    #expect(throws: VLMError.self) { try data.nextAction() }
  }

  @Test func factorsOfDSprites() throws {
    let labels = try #require(try Self.expected("dsprites.npz")["labels"]?.arrayValue)
    let data = try Demonstrations(Self.open("dsprites.npz"), options: DemonstrationOptions())
    #expect(data.observationKeys == ["orientation", "scale", "shape", "x", "y"])
    let (turn, shape, x) = (
      try data.observation("orientation"), try data.observation("shape"), try data.observation("x")
    )
    #expect(shape.columns == ["square", "ellipse", "heart"])
    for image in 0..<120 {
      let label = (labels[image].arrayValue ?? []).compactMap(\.doubleValue)
      #expect(Array(x.row(image)) == [label[4]])
      #expect(Array(shape.row(image)) == (1...3).map { $0 == Int(label[1]) ? 1 : 0 })
      #expect(abs(turn.row(image).first! - cos(label[3])) < 1e-15)
    }
    let unused = data.episodes[0].contents.names
    #expect(unused.contains("latents_classes") && unused.contains("metadata"))
  }

  // MARK: Folders

  @Test(arguments: ["image_classes", "image_splits"]) func picturesAreTheSame(name: String) throws {
    let hashes = try #require(try Self.expected(name).objectValue)
    let source = try Self.open(name)
    #expect(source.episodes.map(\.place) == hashes.keys.sorted())
    for (index, episode) in source.episodes.enumerated() {
      #expect(try Self.sha256(Self.picture(index, of: source)) == hashes[episode.place]?.stringValue)
    }
  }

  @Test func classesAreFoldersAndPartsAreSplits() throws {
    let data = try Demonstrations(Self.open("image_classes"), options: DemonstrationOptions())
    let found = try data.observation("class")
    #expect(found.columns == ["circle", "square", "triangle"] && found.frameCount == 48)
    #expect((0..<48).allSatisfy { found.row($0).firstIndex(of: 1)! - 3 * $0 == $0 / 16 })
    let source = try Self.open("image_splits")
    let side = try #require(try Self.expected("side").intValue)
    #expect(try source.part(named: "train").count == 8)
    #expect(try source.part(named: "val") == Set(8..<12))
    #expect(source.sampling?.contains("scaled to \(side) on the shorter side and cut to \(side) x \(side)") == true)
  }

  /// Of too many classes some, of each eight at least.
  @Test func fewOfManyClassesAreDrawn() throws {
    let source = try Self.open("image_classes", images: 16)
    #expect(source.episodes.count == 16)
    #expect(Set(source.episodes.map { $0.place.prefix { $0 != "/" } }).count == 2)
    #expect(source.sampling == "16 of 32 images, drawn at random, of 2 of 3 classes, drawn too")
  }

  // MARK: Faults

  @Test func aDamagedPictureIsLeftOutWhenAskedFor() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "classes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(atPath: Self.path("image_classes"), toPath: folder.path)
    try Data("no picture".utf8).write(to: folder.appending(path: "square/003.jpg"))
    let error = #expect(throws: VLMError.self) { try Demonstrations.open(folder.path) }
    #expect(error?.file?.hasSuffix("square/003.jpg") == true && error?.code == .imageFormatUnknown)
    var options = DemonstrationOptions()
    options.skipsDamaged = true
    let data = try Demonstrations.open(folder.path, options: options)
    #expect(data.frameCount == 47 && data.leftOut.map(\.place) == ["square/003.jpg"])
  }

  @Test func theDoctorFindsTheSamePictureTwice() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "classes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(atPath: Self.path("image_classes"), toPath: folder.path)
    func inspect() throws -> DataInspection {
      try DataInspection.run(folder.path, options: DemonstrationOptions(), targets: { _ in [] }).inspection
    }
    let sound = try inspect()
    #expect(sound.isSound && sound.tasks.isEmpty && sound.framesExamined == 48 && sound.obstacle == nil)
    for (from, to) in [("circle/000.png", "circle/100.png"), ("circle/002.png", "square/100.png")] {
      try FileManager.default.copyItem(
        at: folder.appending(path: from), to: folder.appending(path: to))
    }
    let found = try inspect()
    #expect(found.findings.map(\.id) == ["duplicate", "ambiguous"] && !found.isSound)
    #expect(found.findings[0].episodes == ["circle/000.png", "circle/100.png"])
    #expect(found.findings[1].episodes == ["circle/002.png", "square/100.png"])
  }

  @Test func labelsThatAreNoClassAreRefused() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let writer = try HDF5Writer(file)
    try writer.write([UInt8](repeating: 7, count: 2 * 64 * 64 * 3), to: "/images", shape: [2, 64, 64, 3])
    try writer.write([0, 0, 0, 1, 9, 0, 0, 0, 0, 1, 1, 0] as [Double], to: "/labels", shape: [2, 6])
    try writer.commit()
    let source = try DemonstrationFormat.open(file)
    let shape = try #require(try source.describe(0).values.first { $0.name == "shape" })
    let error = #expect(throws: VLMError.self) { try source.values(shape, of: 0) }
    #expect(error?.code == .datasetShape && error?.tensor == "image_0/shape")
  }
}
