import VLMToolKit

let (fixtures, output) = (CommandLine.arguments[1], CommandLine.arguments[2])

// Open and inspect, from headers alone; a tensor without a place is an error.
let checkpoint = try MappedCheckpoint.open("\(fixtures)/tabletop-vlm")
let summary = CheckpointSummary(checkpoint)
print("\(summary.family): \(summary.parameters) parameters in \(checkpoint.parameters.count) tensors")

// The same under public names, bit for bit, then int8.
try checkpoint.convert(to: .hf, Conversion.Options(output: "\(output)/hf"))
print("written: \(try Manifest(of: "\(output)/hf").tensors.count) tensors")
let int8 = try checkpoint.quantize(QuantizationOptions(output: "\(output)/int8"))
print("int8: \(int8.bytesBefore) bytes to \(int8.bytesAfter)")

// A picture and an order through the int8 model, to a stage of each part.
let model = try VisionLanguageModel(.open("\(output)/int8"))
let sample = Sample(images: [try RGBImage(contentsOf: "\(fixtures)/images/frame.png")], instruction: "Describe the scene.")
let activations = try model.run([sample], at: [.vision(.block(5)), .projector, .language(.norm)])
print("projector: \(activations[.projector][0].values.shape), one of \(model.stages.count) stages")
print("answer: \(try model.generate("Describe the scene.", images: sample.images).text)")

// What recorded demonstrations say of its vision side.
var probe = ProbeEncoder.Options(checkpoint: checkpoint, data: "\(fixtures)/demonstrations")
probe.targets = ["ee-position"]
probe.dataOptions.frameBudget = 160
print("verdict: \(try ProbeEncoder.run(probe).overall.sentence)")
