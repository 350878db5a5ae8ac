internal import CImages

/// Kernels that Pillow resizes with; raw values are those of `PIL.Image.Resampling`, as `resample` in
/// `preprocessor_config.json` spells them.
package enum Resampling: Int, Sendable, CaseIterable {
  case lanczos = 1
  case bilinear = 2
  case bicubic = 3
  case box = 4
  case hamming = 5

  var filter: cimages_filter {
    switch self {
    case .lanczos: CIMAGES_LANCZOS
    case .bilinear: CIMAGES_BILINEAR
    case .bicubic: CIMAGES_BICUBIC
    case .box: CIMAGES_BOX
    case .hamming: CIMAGES_HAMMING
    }
  }
}
