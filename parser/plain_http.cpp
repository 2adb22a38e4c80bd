#include "parser/plain_http.hpp"

#include <algorithm>

namespace legible::parser {

bool same_field(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

void PlainHttpCollector::on_start_line(const HttpStartLine& line) {
  collected_ = {line.status, line.method, line.target, {}};
}

void PlainHttpCollector::on_header(std::string_view name, std::string_view value) {
  const std::string_view wanted = collected_.status == 0 ? "Host" : "Server";
  if (collected_.server.empty() && same_field(name, wanted)) collected_.server = value;
}

void PlainHttpCollector::on_head_end() {
  if (!head_) head_ = collected_;
}

}  // namespace legible::parser
