#include "proxy/ways/origin_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

using parser::same_in_any_case;

constexpr std::string_view scheme = "http://";

struct BeforeInAnyCase {
  bool operator()(std::string_view a, std::string_view b) const {
    return std::ranges::lexicographical_compare(a, b, {}, parser::ascii_lower, parser::ascii_lower);
  }
};
/// As many as a peer cares to name.
using Names = std::set<std::string_view, BeforeInAnyCase>;

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](auto each) { return same_in_any_case(name, each); });
}

/// Whatever `Connection` says, these frame the message.
constexpr std::array<std::string_view, 2> framing{"Content-Length", "Transfer-Encoding"};
/// For the proxy alone (RFC 9110 section 7.6.1, section 11.7.2), or replaced by it.
constexpr std::array<std::string_view, 5> proxys_own{"Connection", "Keep-Alive", "Proxy-Connection",
                                                     "Proxy-Authorization", "Host"};

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

std::string_view take_line(std::string_view& text) {
  const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

/// A field, with the lines that continue it (RFC 9112 section 5.2).
std::string_view take_field(std::string_view& text) {
  const std::string_view begin = text;
  take_line(text);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) take_line(text);
  return begin.substr(0, begin.size() - text.size());
}

bool ends_head(std::string_view field) { return field == "\r\n" || field == "\n"; }

/// The fields that are for this hop alone: those that a Connection field names.
Names named_by_connection(std::string_view fields) {
  constexpr std::string_view between = " \t\r\n,";
  Names names;
  while (!fields.empty()) {
    const std::string_view field = take_field(fields);
    if (ends_head(field)) break;
    if (!same_in_any_case(name_of(field), "Connection")) continue;
    std::string_view options = field.substr(std::min(name_of(field).size() + 1, field.size()));
    while (options.find_first_not_of(between) != options.npos) {
      options.remove_prefix(options.find_first_not_of(between));
      const std::size_t size = std::min(options.find_first_of(between), options.size());
      names.insert(options.substr(0, size));
      options.remove_prefix(size);
    }
  }
  return names;
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
  const Names hop_by_hop = named_by_connection(head);
  while (!head.empty()) {
    const std::string_view field = take_field(head);
    if (ends_head(field)) break;
    const std::string_view name = name_of(field);
    const bool wanted = is_one_of(name, framing) || (upgrades && same_in_any_case(name, "Upgrade"));
    const bool left_out = is_one_of(name, proxys_own) || hop_by_hop.contains(name);
    if (wanted || !left_out) text += field;
  }
  return text + (upgrades ? "Connection: Upgrade\r\n\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace legible::proxy
