#include "proxy/origin_form.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

using parser::same_in_any_case;

constexpr std::string_view scheme = "http://";

/// For the proxy alone (RFC 9110 section 7.6.1, section 11.7.2), or replaced by it.
bool is_left_out(std::string_view line, bool keeps_connection) {
  const std::string_view name = line.substr(0, line.find(':'));
  if (!keeps_connection &&
      (same_in_any_case(name, "Connection") || same_in_any_case(name, "Keep-Alive"))) {
    return true;
  }
  return same_in_any_case(name, "Proxy-Connection") ||
         same_in_any_case(name, "Proxy-Authorization") || same_in_any_case(name, "Host");
}

std::string_view take_line(std::string_view& text) {
  const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

}  // namespace

std::optional<AbsoluteForm> absolute_form(std::string_view target) {
  if (!same_in_any_case(target.substr(0, scheme.size()), scheme)) return std::nullopt;
  target.remove_prefix(scheme.size());
  const std::size_t end = std::min(target.find_first_of("/?#"), target.size());
  return AbsoluteForm{target.substr(0, end), target.substr(end)};
}

std::optional<std::string> in_origin_form(std::string_view head, std::string_view method,
                                          bool upgrades) {
  const std::string_view line = take_line(head);
  const std::size_t target_at = method.size() + 1;
  if (!line.starts_with(method) || line[method.size()] != ' ' ||
      !same_in_any_case(line.substr(target_at, scheme.size()), scheme)) {
    return std::nullopt;
  }
  const std::size_t authority_at = target_at + scheme.size();
  const std::size_t path_at = line.find_first_of("/?# ", authority_at);
  if (path_at == line.npos) return std::nullopt;
  std::string_view host = line.substr(authority_at, path_at - authority_at);
  host.remove_prefix(host.rfind('@') + 1);

  std::string text = fmt::format("{} ", method);
  if (line[path_at] != '/') text += same_in_any_case(method, "OPTIONS") ? "*" : "/";
  text += line.substr(path_at);
  text += fmt::format("Host: {}\r\n", host);
  bool left_out = false;
  while (!head.empty()) {
    const std::string_view field = take_line(head);
    if (field == "\r\n" || field == "\n") break;
    // A line that continues the one before (RFC 9112 section 5.2) shares its fate.
    const bool continues = field.front() == ' ' || field.front() == '\t';
    if (!continues) left_out = is_left_out(field, upgrades);
    if (!left_out) text += field;
  }
  if (!upgrades) text += "Connection: close\r\n";
  return text + "\r\n";
}

}  // namespace legible::proxy
