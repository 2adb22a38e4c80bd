#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/http1_observer.hpp"

namespace legible::proxy {

/// What a server says first to a client that speaks plain HTTP, held until it is known whether it
/// means that TLS is spoken there.
class FirstAnswer final : private parser::Http1Events {
 public:
  enum class Means : std::uint8_t {
    unknown,  ///< more has to come
    plain,    ///< an answer like any other, or nothing that is known
    tls,      ///< TLS itself, or words that say so
  };

  /// `has_content`: false for the answer to HEAD (RFC 9112 section 6.3).
  explicit FirstAnswer(bool has_content);

  /// The server's next bytes. What all so far mean: once it is known, it stays.
  Means feed(std::span<const std::uint8_t> bytes);

  /// All bytes so far.
  std::span<const std::uint8_t> held() const { return held_; }
  /// The words that said it; empty: it was said otherwise.
  std::string_view words() const;

 private:
  void on_start_line(const parser::HttpStartLine& line) override { status_ = line.status; }
  void on_header(std::string_view, std::string_view) override {}
  parser::AfterHead on_head_end() override {
    return has_content_ ? parser::AfterHead::as_framed : parser::AfterHead::no_body;
  }
  void on_body(std::span<const std::uint8_t> bytes) override;
  void on_message_end() override { whole_ = true; }

  const bool has_content_;
  parser::Http1Observer observer_;
  std::vector<std::uint8_t> held_;
  std::size_t fed_ = 0;  ///< of these, to the observer
  std::string text_;     ///< the start of the answer's content
  int status_ = 0;
  bool whole_ = false;
};

}  // namespace legible::proxy
