#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "parser/http1_observer.hpp"

namespace legible::proxy {

/// A request in absolute form, which goes to its server alone: the client's next one may be for
/// another, and says to the proxy what no server is to hear.
class SingleRequest final : private parser::Http1Events {
 public:
  /// `head`: as the server is sent it.
  explicit SingleRequest(std::string_view head);

  /// How many of the client's next bytes, from their beginning, belong to it, or to what it was
  /// upgraded to.
  std::size_t admit(std::span<const std::uint8_t> bytes);

  /// What the server answers, in order: a 101 ends the request's hold.
  void on_answer(std::span<const std::uint8_t> bytes);

 private:
  void on_message_begin() override {
    if (++begun_ == 2) next_at_ = observer_.message_offset();
  }
  void on_start_line(const parser::HttpStartLine&) override {}
  void on_header(std::string_view, std::string_view) override {}
  parser::AfterHead on_head_end() override { return parser::AfterHead::as_framed; }
  void on_message_end() override { over_ = true; }

  parser::Http1Observer observer_;
  std::uint64_t fed_ = 0;
  int begun_ = 0;
  std::uint64_t next_at_ = 0;  ///< where another request begins
  bool over_ = false;
  bool upgraded_ = false;
  std::string answer_;  ///< the beginning
};

}  // namespace legible::proxy
