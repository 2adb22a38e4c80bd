#include "proxy/diagnosis/text.hpp"

#include <fmt/format.h>

#include "proxy/escape.hpp"

namespace legible::proxy::diagnosis {

std::string Quote::operator()(std::string_view raw) const {
  constexpr std::size_t longest = 120;
  const bool cut = raw.size() > longest;
  std::string text;
  for (const char c : escape_utf8(raw.substr(0, longest))) {
    if (c == '"') {
      text += R"(\x22)";
    } else {
      text += c;
    }
  }
  return fmt::format("\"{}{}\"", text, cut ? "..." : "");
}

std::string count(std::uint64_t number, std::string_view noun) {
  if (number != 1 && noun.ends_with('y')) {
    return fmt::format("{} {}ies", number, noun.substr(0, noun.size() - 1));
  }
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string duration(std::chrono::microseconds time) {
  const auto us = static_cast<double>(time.count());
  if (us < 10'000) return fmt::format("{:.1f} ms", us / 1e3);
  if (us < 1'000'000) return fmt::format("{:.0f} ms", us / 1e3);
  return fmt::format("{:.1f} s", us / 1e6);
}

std::string target_text(const Facts& facts) {
  if (!facts.target || facts.target->host.empty()) return "the server";
  return fmt::format("{}:{}", escape_utf8(facts.target->host), facts.target->port);
}

std::string listed(const std::vector<std::string>& first, std::size_t total) {
  std::string text;
  for (const std::string& item : first) {
    if (!text.empty()) text += ", ";
    text += item;
  }
  if (total > first.size()) text += fmt::format(" and {} more", total - first.size());
  return text;
}

}  // namespace legible::proxy::diagnosis
