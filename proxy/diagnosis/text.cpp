#include "proxy/diagnosis/text.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "proxy/text/escape.hpp"

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

std::string concat(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string text;
  text.reserve(size);
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

std::string count(std::uint64_t number, std::string_view noun) {
  if (number != 1 && noun.ends_with('y')) {
    return fmt::format("{} {}ies", number, noun.substr(0, noun.size() - 1));
  }
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string duration(std::chrono::microseconds time) {
  // The clock may have been set back.
  const std::string_view sign = time.count() < 0 ? "-" : "";
  const std::int64_t us = std::abs(time.count());
  const auto rounded = [us](std::int64_t unit) { return (us + unit / 2) / unit; };
  const auto with_tenth = [&](std::int64_t tenths, std::string_view unit) {
    return concat({sign, std::to_string(tenths / 10), ".", std::to_string(tenths % 10), unit});
  };
  if (us < 10'000) return with_tenth(rounded(100), " ms");
  if (us < 1'000'000) return concat({sign, std::to_string(rounded(1'000)), " ms"});
  return with_tenth(rounded(100'000), " s");
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
