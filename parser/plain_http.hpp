#pragma once
// One head of plain-text HTTP, as the observation PlainHttp.

#include <optional>
#include <string_view>

#include "parser/http1_observer.hpp"
#include "parser/observation.hpp"

namespace legible::parser {

/// Collects what PlainHttp tells of the first head of a direction.
class PlainHttpCollector : public Http1Events {
 public:
  void on_start_line(const HttpStartLine& line) override;
  void on_header(std::string_view name, std::string_view value) override;
  void on_head_end() override;

  /// The first head, once it is whole.
  const std::optional<PlainHttp>& head() const { return head_; }

 private:
  PlainHttp collected_;
  std::optional<PlainHttp> head_;
};

}  // namespace legible::parser
