#pragma once
// How the head of an HTTP/1 message is written, byte by byte: what a lenient parser swallows.

#include <cstdint>
#include <span>

#include "parser/http_flags.hpp"

namespace legible::parser {

/// Looks at the bytes of one head at a time (RFC 9112 sections 2.2 and 5), in any split.
class Http1HeadScan {
 public:
  /// Bytes from the head's first one on; those behind the empty line that ends it are not looked
  /// at.
  void feed(std::span<const std::uint8_t> bytes);

  /// Of the head so far.
  HttpFlags flags() const { return flags_; }

 private:
  const std::uint8_t* skip_plain(const std::uint8_t* at, const std::uint8_t* end);
  void take(std::uint8_t byte);
  void end_line();
  void begin_line(std::uint8_t byte);

  enum class Part : std::uint8_t { line_start, start_line, name, value, done };

  Part part_ = Part::line_start;
  std::uint8_t lines_ = 0;  ///< ended so far: none, the start line, more
  bool after_cr_ = false;
  HttpFlags flags_;
};

}  // namespace legible::parser
