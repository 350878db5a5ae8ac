internal import Foundation
internal import Tensors

/// The functions of Jinja and of transformers' chat templates.
enum JinjaFunctions {
  static let names = ["range", "namespace", "dict", "raise_exception", "strftime_now"]
  private static let maximumRange = 100_000

  static func call(
    _ name: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> JinjaValue {
    switch name {
    case "range": return .list(try range(arguments, renderer))
    case "namespace":
      let namespace = JinjaNamespace()
      for (name, value) in try members(arguments, renderer) { namespace.attributes[name] = value }
      return .namespace(namespace)
    case "dict": return .dictionary(JinjaDictionary(try members(arguments, renderer)))
    case "raise_exception":
      let message = arguments.value(0, "message").map(JinjaText.string) ?? ""
      throw renderer.failure("the template refuses: \(message)", .templateRaised)
    default:
      guard let format = try arguments.string(0, "format", renderer) else {
        throw renderer.failure("strftime_now needs a format")
      }
      return .string(try time(renderer.now, format, renderer))
    }
  }

  private static func members(
    _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> [(String, JinjaValue)] {
    var result: [(String, JinjaValue)] = []
    for value in arguments.positional {
      guard case .dictionary(let dictionary) = value else {
        throw renderer.failure("this needs a dictionary, not \(value.typeName)")
      }
      for entry in dictionary.entries { result.append((JinjaText.string(entry.key), entry.value)) }
    }
    return result + arguments.named.map { ($0.name, $0.value) }
  }

  private static func range(
    _ arguments: JinjaArguments, _ renderer: JinjaRenderer
  ) throws(VLMError) -> [JinjaValue] {
    var bounds: [Int] = []
    for value in arguments.positional {
      guard let whole = value.whole else { throw renderer.failure("range needs whole numbers") }
      bounds.append(whole)
    }
    guard (1...3).contains(bounds.count) else { throw renderer.failure("range takes one to three numbers") }
    let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw renderer.failure("range needs a step other than zero") }
    let (span, overflow) = stop.subtractingReportingOverflow(start)
    guard !overflow, span != .min, span / step <= maximumRange else {
      throw renderer.failure("range is longer than \(maximumRange)", .templateLimit)
    }
    let values = stride(from: start, to: stop, by: step).map { JinjaValue.integer($0) }
    try renderer.account(items: values.count)
    return values
  }

  /// `strftime` in local time with the directives that templates use.
  private static func time(_ now: Double, _ format: String, _ renderer: JinjaRenderer) throws(VLMError)
    -> String
  {
    var seconds = time_t(now)
    var parts = tm()
    localtime_r(&seconds, &parts)
    let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
      "November",
      "December",
    ]
    func padded(_ value: Int32, _ width: Int) -> String {
      String(repeating: "0", count: max(0, width - "\(value)".count)) + "\(value)"
    }
    let (day, month) = (days[Int(parts.tm_wday)], months[Int(parts.tm_mon)])
    return try JinjaText.expandingDirectives(format, renderer) { directive throws(VLMError) in
      switch directive {
      case "Y": return padded(parts.tm_year + 1900, 4)
      case "y": return padded(parts.tm_year % 100, 2)
      case "m": return padded(parts.tm_mon + 1, 2)
      case "d": return padded(parts.tm_mday, 2)
      case "H": return padded(parts.tm_hour, 2)
      case "I": return padded((parts.tm_hour + 11) % 12 + 1, 2)
      case "M": return padded(parts.tm_min, 2)
      case "S": return padded(parts.tm_sec, 2)
      case "p": return parts.tm_hour < 12 ? "AM" : "PM"
      case "j": return padded(parts.tm_yday + 1, 3)
      case "A": return day
      case "a": return String(day.prefix(3))
      case "B": return month
      case "b": return String(month.prefix(3))
      default: throw renderer.failure("strftime_now does not know '%\(directive)'")
      }
    }
  }
}

extension JinjaRenderer {
  func call(_ callee: JinjaValue, _ arguments: JinjaArguments) throws(VLMError) -> JinjaValue {
    switch callee {
    case .function(let name): return try JinjaFunctions.call(name, arguments, self)
    case .method(let receiver, let name): return try JinjaMethods.call(name, on: receiver, arguments, self)
    case .macro(let macro): return .string(try call(macro, arguments))
    case .undefined(let what): throw failure("\(what), so it cannot be called")
    default: throw failure("a value of type \(callee.typeName) cannot be called")
    }
  }

  private func call(_ macro: JinjaMacro, _ arguments: JinjaArguments) throws(VLMError) -> String {
    let definition = macro.definition
    guard arguments.positional.count <= definition.parameters.count else {
      throw failure("the macro '\(definition.name)' takes \(definition.parameters.count) arguments")
    }
    if let extra = arguments.named.first(where: { given in
      !definition.parameters.contains { $0.name == given.name }
    }) {
      throw failure("the macro '\(definition.name)' has no parameter '\(extra.name)'")
    }
    let callLine = line
    defer { line = callLine }
    return try nested(in: macro.scope) { () throws(VLMError) in
      for (index, parameter) in definition.parameters.enumerated() {
        if let given = arguments.value(index, parameter.name) {
          scope[parameter.name] = given
        } else if let fallback = parameter.fallback {
          scope[parameter.name] = try value(fallback)
        } else {
          scope[parameter.name] = .undefined("parameter '\(parameter.name)' was not provided")
        }
      }
      return try captured(definition.body)
    }
  }
}
