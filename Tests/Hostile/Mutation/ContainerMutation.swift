import CDatasets
import Foundation
import Tensors

/// Changes to the parts of a container that its reader computes with.
enum ContainerMutation {
  /// The JSON header of a safetensors file, with the length before it made right again most times.
  @Sendable static func safetensors(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let length = bytes.count >= 8 ? bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } : 0
    guard length > 0, length <= bytes.count - 8, random.index(below: 5) > 0 else {
      return ByteMutation.apply(&bytes, in: 0..<min(bytes.count, 4096), &random)
    }
    var header = Array(bytes[8..<8 + Int(length)])
    JSONMutation.mutation()(&header, &random)
    var written = random.index(below: 6) == 0 ? length : UInt64(header.count)
    var prefix: [UInt8] = []
    for _ in 0..<8 {
      prefix.append(UInt8(truncatingIfNeeded: written))
      written >>= 8
    }
    bytes.replaceSubrange(..<(8 + Int(length)), with: prefix + header)
  }

  /// The header of a GGUF file: counts, lengths, types, places.
  @Sendable static func gguf(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let range = [0..<24, 0..<1300, 0..<2600][random.index(below: 3)]
    ByteMutation.apply(&bytes, in: range.clamped(to: 0..<bytes.count), &random)
  }

  /// The superblock, the object headers, B-trees, heaps and symbol tables of an HDF5 file; numbers seldom.
  @Sendable static func hdf5(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    if random.index(below: 10) == 0 { return ByteMutation.anywhere(&bytes, &random) }
    var places = [0..<112]
    for (signature, length) in [
      ("TREE", 600), ("HEAP", 32), ("SNOD", 330), ("GCOL", 200), ("OHDR", 300), ("OCHK", 300), ("FRHP", 150),
      ("FHDB", 200), ("BTHD", 40), ("BTLF", 200), ("FSHD", 60), ("SMTB", 60),
    ] {
      var start = bytes.startIndex
      let wanted = Array(signature.utf8)
      while let found = bytes[start...].firstIndex(of: wanted[0]) {
        start = found + 1
        guard bytes[found...].starts(with: wanted) else { continue }
        places.append(found..<found + length)
        if signature == "SNOD" { places += objectHeaders(ofSymbolsAt: found, bytes) }
      }
    }
    ByteMutation.apply(&bytes, in: places[random.index(below: places.count)], &random)
  }

  /// Object headers of the old kind have no signature; symbol tables say where they are.
  private static func objectHeaders(ofSymbolsAt table: Int, _ bytes: [UInt8]) -> [Range<Int>] {
    guard table + 8 <= bytes.count else { return [] }
    return (0..<Int(bytes[table + 6])).compactMap { index in
      let entry = table + 8 + 40 * index
      guard entry + 16 <= bytes.count else { return nil }
      let address = bytes[entry + 8..<entry + 16].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return address < bytes.count ? Int(address)..<Int(address) + 280 : nil
    }
  }

  /// The footer of a Parquet file, with its length made right again most times, or the pages before it.
  @Sendable static func parquet(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    guard bytes.count >= 12 else { return ByteMutation.anywhere(&bytes, &random) }
    let ending = bytes.count - 8
    let length = bytes[ending..<ending + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= ending - 4, random.index(below: 8) > 0 else {
      return ByteMutation.anywhere(&bytes, &random)
    }
    if random.index(below: 2) == 0 { return ByteMutation.apply(&bytes, in: 4..<ending - length, &random) }
    var footer = Array(bytes[ending - length..<ending])
    ByteMutation.anywhere(&footer, &random)
    let written = random.index(below: 8) == 0 ? length : footer.count
    let lengthBytes = (0..<4).map { UInt8(truncatingIfNeeded: written >> (8 * $0)) }
    bytes.replaceSubrange((ending - length)..<(ending + 4), with: footer + lengthBytes)
  }

  /// Any part of a picture; the checksums of a PNG's chunks are made right again most times, or nothing else is looked at.
  /// Mostly in the tables of what is where.
  @Sendable static func mp4(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let tables = bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual("moov".utf8) }
    guard let tables, random.index(below: 4) > 0 else { return ByteMutation.anywhere(&bytes, &random) }
    let size = bytes[max(0, tables - 4)..<tables].reduce(0) { $0 << 8 | Int($1) }
    ByteMutation.apply(&bytes, in: tables..<tables + size, &random)
  }

  @Sendable static func picture(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let range = random.index(below: 2) == 0 ? 0..<min(bytes.count, 700) : 0..<bytes.count
    ByteMutation.apply(&bytes, in: range, &random)
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), random.index(below: 5) > 0 else { return }
    var chunk = 8
    while chunk + 12 <= bytes.count {
      let length = bytes[chunk..<chunk + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = chunk + 8 + length
      guard end + 4 <= bytes.count else { return }
      let sum = checksum(bytes[chunk + 4..<end])
      for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * index)) }
      chunk = end + 4
    }
  }

  /// The records of a TFRecord file, around the names of features where the lengths of the messages are; most times in a frame
  /// that is right again, or nothing else is looked at.
  @Sendable static func tfrecord(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    func little(_ place: Range<Int>) -> UInt64 { bytes[place].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    guard random.index(below: 5) > 0, bytes.count > 16, little(0..<8) <= bytes.count - 16 else {
      return ByteMutation.apply(&bytes, in: 0..<min(bytes.count, 400), &random)
    }
    let end = 12 + Int(little(0..<8))
    var record = Array(bytes[12..<end])
    let names = record.indices.filter { record[$0...].starts(with: "steps/".utf8) }
    let name = names.isEmpty ? 0 : names[random.index(below: names.count)]
    ByteMutation.apply(&record, in: max(0, name - 24)..<name + 64, &random)
    func number<N: FixedWidthInteger>(_ number: N) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    func sum(_ bytes: [UInt8]) -> [UInt8] {
      let crc = cdatasets_crc32c(bytes, bytes.count)
      return number((crc >> 15 | crc << 17) &+ 0xa282_ead8)
    }
    let length = number(UInt64(record.count))
    bytes.replaceSubrange(..<(end + 4), with: length + sum(length) + record + sum(record))
  }

  /// The directory at the end of a zip archive, the headers before its files, or what is in them.
  @Sendable static func zip(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let headers = bytes.indices.filter { bytes[$0...].starts(with: [0x50, 0x4B, 3, 4]) }.map { $0..<$0 + 64 }
    let places =
      headers + [bytes.count - 22..<bytes.count, max(0, bytes.count - 600)..<bytes.count, 0..<bytes.count]
    ByteMutation.apply(&bytes, in: places[random.index(below: places.count)], &random)
  }

  /// The pickle of an archive of torch, with its length made right again and most times its checksum taken away, or the archive
  /// around it.
  @Sendable static func torch(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let data = bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 7, 8]) }
    let entry = bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) }
    guard random.index(below: 4) > 0, let data, let entry, data > 65, entry > data else { return zip(&bytes, &random) }
    if random.index(below: 20) > 0 { bytes.replaceSubrange(entry + 16..<entry + 20, with: [0, 0, 0, 0]) }
    var pickle = Array(bytes[64..<data])
    ByteMutation.anywhere(&pickle, &random)
    let end = pickle.popLast() ?? 0
    // None and away with it; an integer and away with it where a byte is left over.
    if (data - 65 - pickle.count) % 2 == 1 { pickle += [0x4B, 0, 0x30] }
    while pickle.count < data - 65 { pickle += [0x4E, 0x30] }
    bytes.replaceSubrange(64..<data, with: pickle.prefix(data - 65) + [end])
  }

  /// CRC-32 as PNG has it.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
