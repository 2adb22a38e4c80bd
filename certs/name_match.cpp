#include "certs/name_match.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "certs/chain_judge.hpp"

namespace legible::certs {
namespace {

/// One whole label may be a wildcard, the leftmost, and at least two labels follow it: "*.com"
/// would be a name for everyone. No dot stands at the end: RFC 5280 section 4.2.1.6 wants the
/// preferred syntax of names; a pattern that has one matches nothing.
bool matches_dns(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return equal_ignoring_case(pattern, name);
  const std::string_view parent = pattern.substr(2);
  const std::size_t inner_dot = parent.find('.');
  if (inner_dot == 0 || inner_dot == parent.npos || inner_dot + 1 == parent.size()) return false;
  const std::size_t first_label = name.find('.');
  return first_label != 0 && first_label != name.npos &&
         equal_ignoring_case(parent, name.substr(first_label + 1));
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, fold, fold);
}

std::optional<std::vector<std::uint8_t>> parse_address(std::string_view text) {
  const std::string literal(text);
  if (literal.find('\0') != literal.npos) return std::nullopt;
  std::vector<std::uint8_t> octets(16);
  if (inet_pton(AF_INET6, literal.c_str(), octets.data()) == 1) return octets;
  octets.resize(4);
  if (inet_pton(AF_INET, literal.c_str(), octets.data()) == 1) return octets;
  return std::nullopt;
}

bool has_dns_name(const Certificate& certificate) {
  return std::ranges::any_of(certificate.sans, [](const SubjectAltName& san) {
    return san.kind == SubjectAltName::Kind::dns;
  });
}

bool matches_name(const Certificate& leaf, std::string_view name, CommonName common_name) {
  if (const auto address = parse_address(name)) {
    return std::ranges::any_of(leaf.sans, [&](const SubjectAltName& san) {
      return san.kind == SubjectAltName::Kind::ip &&
             std::ranges::equal(leaf.bytes(san.raw), *address);
    });
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return false;
  if (!has_dns_name(leaf)) {
    return common_name == CommonName::counts && matches_dns(leaf.subject.common_name, name);
  }
  return std::ranges::any_of(leaf.sans, [&](const SubjectAltName& san) {
    return san.kind == SubjectAltName::Kind::dns && matches_dns(san.value, name);
  });
}

bool matches_name(const Certificate& leaf, std::string_view name) {
  return matches_name(leaf, name, CommonName::counts);
}

std::string names_text(const Certificate& certificate) {
  static constexpr std::size_t shown = 8;
  using Kind = SubjectAltName::Kind;
  std::string text;
  std::size_t count = 0;
  for (const SubjectAltName& san : certificate.sans) {
    if (san.kind != Kind::dns && san.kind != Kind::ip) continue;
    if (++count > shown) continue;
    text += fmt::format("{}{}:{}", text.empty() ? "" : ", ", san.kind == Kind::dns ? "DNS" : "IP",
                        san.value);
  }
  if (count > shown) text += fmt::format(" and {} more", count - shown);
  if (text.empty()) text = "no name but CN=" + certificate.subject.common_name;
  return text;
}

}  // namespace legible::certs
