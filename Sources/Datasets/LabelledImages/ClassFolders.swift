internal import Files
internal import Foundation
internal import Images
internal import Tensors

/// A folder of folders, each with the pictures of one class, as ImageNet is kept; or two of those, as `train` and `val`.
///
///     DATA/CLASS/*.jpg   or   DATA/train/CLASS/*.jpg, DATA/val/CLASS/*.jpg
///
/// Of each class as many are drawn as there is room for, eight at least, and of too many classes some. Pictures of several sizes are
/// scaled and cut to one, as classifiers of ImageNet are evaluated.
struct ClassFolders: ImageSet {
  let path: String
  let names: [String]
  let factors: [ImageFactor]
  let sampling: String
  let parts: [String: Set<Int>]
  private let files: [String]
  private let classes: [Int]
  /// Of all that can be read; `nil` where they are of several sizes.
  private let size: (height: Int, width: Int)?
  /// What they are scaled and cut to.
  private let side: Int

  private static let endings = [".jpg", ".jpeg", ".png"]
  private static let splits = ["train", "val", "valid", "validation", "test"]
  /// As many of a class at least, so that each is in every fold.
  private static let leastOfClass = 8
  /// The shorter side of ImageNet's pictures when classifiers are evaluated.
  private static let longestSide = 256

  /// Folders of classes by their split, which is empty where there is none; a few of them are looked into.
  ///
  /// - Throws: `datasets.path.not-found` when it is something else.
  static func classFolders(in place: DatasetPlace) throws(VLMError) -> [String: [String]] {
    func refusal(_ message: String) -> VLMError { VLMError(.datasetNotFound, message, file: place.path) }
    guard place.isFolder else { throw refusal("this is a file") }
    let below = folders(in: place.path, place.names)
    let splits = below.filter(Self.splits.contains)
    let found: [String: [String]]
    if !splits.isEmpty, splits.count == below.count {
      found = Dictionary(
        uniqueKeysWithValues: splits.map { split in
          let path = place.path(of: split)
          return (split, folders(in: path, listing(path)).map { "\(path)/\($0)" })
        })
    } else {
      found = ["": below.map(place.path(of:))]
    }
    guard found.values.allSatisfy({ $0.count > 1 }) else { throw refusal("there are no folders of classes") }
    guard !place.names.contains(where: isPicture) else {
      throw refusal("there are pictures beside the folders")
    }
    for folder in found.values.flatMap({ $0.prefix(16) }) {
      guard listing(folder).first(where: { !$0.hasPrefix(".") }).map(isPicture) ?? true else {
        throw refusal("\(folder.lastPathPart) is no folder of pictures")
      }
    }
    return found
  }

  private static func listing(_ path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
  }

  private static func folders(in path: String, _ names: [String]) -> [String] {
    names.filter { name in
      var isFolder: ObjCBool = false
      return !name.hasPrefix(".")
        && FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }

  private static func isPicture(_ name: String) -> Bool {
    let lower = name.lowercased()
    return !name.hasPrefix(".") && endings.contains(where: lower.hasSuffix)
  }

  /// - Parameter limit: images that are drawn, about.
  init(_ place: DatasetPlace, limit: Int) throws(VLMError) {
    let splits = try Self.classFolders(in: place)
    let all = Set(splits.values.joined().map(\.lastPathPart)).sorted()
    let perClass = max(Self.leastOfClass, limit / all.count)
    let kept = ImageDraw.places(max(2, limit / perClass), of: all.count, purpose: "classes").map { all[$0] }
    var (names, files, classes): ([String], [String], [Int]) = ([], [], [])
    var parts: [String: Set<Int>] = [:]
    var there = 0
    for (split, folders) in splits.sorted(by: { $0.key < $1.key }) {
      for folder in folders {
        guard let place = kept.firstIndex(of: folder.lastPathPart) else { continue }
        let pictures = Self.listing(folder).filter(Self.isPicture)
        there += pictures.count
        let share = (perClass + splits.count - 1) / splits.count
        for index in ImageDraw.places(share, of: pictures.count, purpose: kept[place]) {
          if !split.isEmpty { parts[split, default: []].insert(names.count) }
          names.append((split.isEmpty ? "" : "\(split)/") + "\(kept[place])/\(pictures[index])")
          files.append("\(folder)/\(pictures[index])")
          classes.append(place)
        }
      }
    }
    guard !files.isEmpty else {
      throw VLMError(.datasetEmpty, "there is no picture in its folders", file: place.path)
    }
    path = place.path
    (self.names, self.files, self.classes, self.parts) = (names, files, classes, parts)
    factors = [ImageFactor("class", .classes(kept, first: 0))]

    // Whatever is wrong with one is said when that is described.
    let paths = files
    let sizes = Parallel.map(paths.count) { try? Self.size(paths[$0]) }.compactMap { $0 }
    let isOne = Set(sizes.map { [$0.height, $0.width] }).count <= 1
    size = isOne ? sizes.first : nil
    let shorter = sizes.map { min($0.height, $0.width) }.sorted()
    side = shorter.isEmpty ? 1 : min(Self.longestSide, shorter[shorter.count / 2])
    var words = ImageDraw.words(files.count, of: there)
    if kept.count < all.count { words += ", of \(kept.count) of \(all.count) classes, drawn too" }
    if !isOne {
      words += "; of several sizes, they are scaled to \(side) on the shorter side and cut to "
        + "\(side) x \(side) in the middle"
    }
    sampling = words
  }

  func value(of factor: Int, _ image: Int) -> Double { Double(classes[image]) }

  /// The beginning of a file is enough for its header, unless a long profile stands there.
  private static func size(_ path: String) throws(VLMError) -> (height: Int, width: Int) {
    let file = try MappedFile(path)
    let head = try file.bytes(0..<min(file.byteCount, 1 << 16))
    let found: (width: Int, height: Int)
    do throws(VLMError) {
      found = try RGBImage.size(decoding: head, file: path)
    } catch {
      guard file.byteCount > head.count, file.byteCount <= RGBImage.maximumFileBytes else { throw error }
      found = try RGBImage.size(decoding: file.bytes(0..<file.byteCount), file: path)
    }
    return (found.height, found.width)
  }

  func size(of image: Int) throws(VLMError) -> (height: Int, width: Int) {
    let own = try Self.size(files[image])
    return size == nil ? (side, side) : own
  }

  func image(_ image: Int) throws(VLMError) -> RGBImage {
    let picture = try RGBImage(contentsOf: files[image])
    guard size == nil else { return picture }
    let scale = Double(side) / Double(min(picture.width, picture.height))
    return try picture.resized(
      width: max(side, Int((Double(picture.width) * scale).rounded())),
      height: max(side, Int((Double(picture.height) * scale).rounded())),
      by: Resampler(.bilinear, as: .pillow)
    ).centreCropped(width: side, height: side)
  }
}

extension DemonstrationFormat {
  static let classFolders = DemonstrationFormat(
    title: "folders of classes", forms: "a folder of them, or one with train and val",
    marks: "folders with *.jpg or *.png in them and nothing else, as ImageNet's",
    refusal: { place in
      do throws(VLMError) {
        _ = try ClassFolders.classFolders(in: place)
        return nil
      } catch { return error }
    },
    open: { place, reading throws(VLMError) in
      try reading.requireNoFields(place)
      return LabelledImages(try ClassFolders(place, limit: reading.imageBudget))
    })
}
