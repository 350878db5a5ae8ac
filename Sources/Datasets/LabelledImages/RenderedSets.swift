internal import Files
internal import Foundation
internal import Tensors

/// 3DShapes in HDF5: `/images` (480000, 64, 64, 3) bytes and `/labels` (480000, 6), and any file with images and labels like it.
enum ThreeDShapes {
  /// In the order of the labels' columns. Hues come round, and a shape is one of four.
  private static let factors = [
    ImageFactor("floor_hue", .turn(1)), ImageFactor("wall_hue", .turn(1)), ImageFactor("object_hue", .turn(1)),
    ImageFactor("scale"),
    ImageFactor("shape", .classes(["cube", "cylinder", "sphere", "capsule"], first: 0)),
    ImageFactor("orientation"),
  ]

  static func contents(_ path: String) throws(VLMError) -> FactorArrays.Contents {
    let file = try HDF5File(path)
    guard try file.root.kind(of: "images") == .dataset, try file.root.kind(of: "labels") == .dataset else {
      throw VLMError(.datasetNotFound, "there are no arrays /images and /labels", file: path)
    }
    let (images, labels) = (try file.dataset("/images"), try file.dataset("/labels"))
    let shape = images.shape.dimensions
    guard images.element == .numbers(.u8), shape.count == 3 || shape.count == 4 && shape[3] == 3 else {
      throw VLMError(
        .datasetShape, "it is \(images.shape), not images (N, H, W, 3) or (N, H, W) of bytes", file: path,
        tensor: "/images")
    }
    guard case .numbers = labels.element, labels.shape.rank <= 2, labels.rowWidth > 0 else {
      throw VLMError(.datasetShape, "it is no table (N, factors) of numbers", file: path, tensor: "/labels")
    }
    guard labels.rowCount == shape[0] else {
      throw VLMError(
        .datasetLength, "\(labels.rowCount) labels, but \(shape[0]) images", file: path, tensor: "/labels")
    }
    let width = labels.rowWidth
    let isKnown = shape.dropFirst() == [64, 64, 3] && width == factors.count
    return FactorArrays.Contents(
      shape: shape, factors: isKnown ? factors : (0..<width).map { ImageFactor("label_\($0)") },
      columns: Array(0..<width),
      note: isKnown
        ? "" : "; labels are taken as numbers, since only those of 3DShapes, six to an image of 64 x 64, are known",
      unused: try file.root.names().filter { !["images", "labels"].contains($0) },
      labels: { rows throws(VLMError) in (try Self.rows(rows, of: labels, as: Double.self), width) },
      pixels: { rows throws(VLMError) in try Self.rows(rows, of: images, as: UInt8.self) })
  }

  /// Rows of one chunk are read together, for to read one is to unpack them all.
  private static func rows<Number: HDF5Number>(
    _ rows: [Int], of dataset: HDF5Dataset, as type: Number.Type
  ) throws(VLMError) -> [Number] {
    let chunk = if case .chunked(let shape) = dataset.storage { shape[0] } else { 1 }
    let width = dataset.rowWidth
    let longest = max(1, (1 << 26) / max(1, width * MemoryLayout<Number>.stride))
    var kept: [Number] = []
    kept.reserveCapacity(rows.count * width)
    for (range, wanted) in FactorArrays.runs(rows, gap: max(chunk, 2), longest: longest) {
      let values = try dataset.values(type, rows: range)
      for row in wanted {
        kept += values[(row - range.lowerBound) * width..<(row - range.lowerBound + 1) * width]
      }
    }
    return kept
  }
}

/// dSprites in an archive of NumPy's: `imgs` (737280, 64, 64) of 0 and 1, `latents_values` (737280, 6).
enum DSprites {
  private static let (images, labels) = ("imgs.npy", "latents_values.npy")

  /// In the order of the latents' columns, of which the first, the colour, is always white.
  private static let factors: [(column: Int, factor: ImageFactor)] = [
    (1, ImageFactor("shape", .classes(["square", "ellipse", "heart"], first: 1))),
    (2, ImageFactor("scale")), (3, ImageFactor("orientation", .turn(2 * .pi))), (4, ImageFactor("x")),
    (5, ImageFactor("y")),
  ]

  static func contents(_ path: String) throws(VLMError) -> FactorArrays.Contents {
    guard path.hasSuffix(".npz") else {
      throw VLMError(.datasetNotFound, "this is no archive *.npz", file: path)
    }
    let archive = try ZipArchive(path)
    guard archive.names.contains(images), archive.names.contains(labels) else {
      throw VLMError(.datasetNotFound, "there are no arrays imgs and latents_values", file: path)
    }
    let header = try NumPyFile.header(of: images, in: archive)
    let latents = try NumPyFile.header(of: labels, in: archive)
    guard header.type.kind == .numbers(.u8), header.shape.count == 3 else {
      throw VLMError(
        .datasetShape, "it is \(header.shape), not images (N, H, W) of bytes", file: path, tensor: images)
    }
    guard latents.shape.count == 2, latents.shape[1] == 6, case .numbers = latents.type.kind else {
      throw VLMError(
        .datasetShape, "it is \(latents.shape), not numbers (N, 6)", file: path, tensor: labels)
    }
    guard latents.shape[0] == header.shape[0] else {
      throw VLMError(
        .datasetLength, "\(latents.shape[0]) rows, but \(header.shape[0]) images", file: path, tensor: labels)
    }
    return FactorArrays.Contents(
      shape: header.shape, factors: factors.map(\.factor), columns: factors.map(\.column),
      note: "; a square looks the same in four orientations and an ellipse in two, which no picture tells apart",
      unused: archive.names.filter { ![images, labels].contains($0) }.map { $0.replacing(".npy", with: "") },
      labels: { rows throws(VLMError) in
        guard let numbers = try NumPyFile.rows(rows, of: labels, in: archive).doubles else {
          throw VLMError(.datasetShape, "it holds no numbers", file: path, tensor: labels)
        }
        return (numbers, 6)
      },
      pixels: { rows throws(VLMError) in
        guard let octets = try NumPyFile.rows(rows, of: images, in: archive).octets else {
          throw VLMError(.datasetShape, "it holds no bytes", file: path, tensor: images)
        }
        return octets
      })
  }
}

extension DemonstrationFormat {
  static let threeDShapes = rendered(
    "3DShapes (HDF5)", marks: "/images (N, 64, 64, 3) and /labels (N, 6)", ThreeDShapes.contents)

  static let dSprites = rendered("dSprites", marks: "*.npz with imgs and latents_values", DSprites.contents)

  private static func rendered(
    _ title: String, marks: String,
    _ contents: @escaping @Sendable (String) throws(VLMError) -> FactorArrays.Contents
  ) -> DemonstrationFormat {
    DemonstrationFormat(
      title: title, forms: "a file", marks: marks,
      refusal: { place in
        guard !place.isFolder else {
          return VLMError(.datasetNotFound, "this is a folder", file: place.path)
        }
        do throws(VLMError) {
          _ = try contents(place.path)
          return nil
        } catch {
          // Files of something else are in another format.
          let isNear = error.code.rawValue.hasPrefix("datasets.") && error.code != .datasetNotFound
          return isNear ? error : VLMError(.datasetNotFound, error.message, file: error.file, tensor: error.tensor)
        }
      },
      open: { place, reading throws(VLMError) in
        try reading.requireNoFields(place)
        return LabelledImages(
          try FactorArrays(place.path, contents(place.path), limit: reading.imageBudget))
      })
  }
}
