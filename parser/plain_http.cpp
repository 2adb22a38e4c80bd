#include "parser/plain_http.hpp"

#include "parser/ascii.hpp"

namespace legible::parser {

void PlainHttpCollector::on_start_line(const HttpStartLine& line) {
  collected_ = {line.status, line.method, line.target, {}};
}

void PlainHttpCollector::on_header(std::string_view name, std::string_view value) {
  const std::string_view wanted = collected_.status == 0 ? "Host" : "Server";
  if (collected_.server.empty() && same_in_any_case(name, wanted)) collected_.server = value;
}

void PlainHttpCollector::on_head_end() {
  if (!head_) head_ = collected_;
}

}  // namespace legible::parser
