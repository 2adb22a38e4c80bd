#include "parser/refusal_reader.hpp"

#include <algorithm>
#include <string_view>

#include "parser/ascii.hpp"
#include "parser/line_replies.hpp"
#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

/// RFC 9051 section 7.1: behind STARTTLS nobody greets, and the first line may be a tagged one.
bool is_tagged_condition(std::string_view line) {
  const std::string_view condition = line.substr(std::min(line.find(' '), line.size()));
  return condition.starts_with(" OK ") || refuses(Protocol::imap, line);
}

/// Of the literal that begins behind this line (RFC 9051 section 4.3), or 0.
std::uint64_t literal_length(std::string_view line) {
  const std::size_t begin = line.rfind('{');
  if (!line.ends_with('}') || begin == std::string_view::npos) return 0;
  return number_in<std::uint64_t>(line.substr(begin + 1, line.size() - begin - 2)).value_or(0);
}

/// By the form of a server's first line. SMTP and FTP have one.
std::optional<Protocol> protocol_of(std::string_view line) {
  if (line.starts_with("* ") || is_tagged_condition(line)) return Protocol::imap;
  if (ends_reply(Protocol::pop3, line)) return Protocol::pop3;
  constexpr std::size_t code = 3;
  const bool goes_on = line.size() > code && line[code] == '-';
  if (ends_reply(Protocol::smtp, goes_on ? line.substr(0, code) : line)) return Protocol::smtp;
  return std::nullopt;
}

}  // namespace

void RefusalReader::feed(std::span<const std::uint8_t> bytes) {
  std::string_view text = as_text(bytes.first(std::min(bytes.size(), read_bytes - read_)));
  read_ += text.size();
  while (!text.empty() && !stopped_) {
    if (literal_ > 0) {
      const auto skipped = std::min<std::uint64_t>(literal_, text.size());
      text.remove_prefix(static_cast<std::size_t>(skipped));
      literal_ -= skipped;
      continue;
    }
    const std::size_t end = std::min(text.find('\n'), text.size());
    line_.append(text.substr(0, std::min(end, kept_bytes - std::min(kept_bytes, line_.size()))));
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    take(line_);
    line_.clear();
  }
  stopped_ |= read_ == read_bytes;
}

void RefusalReader::take(std::string_view line) {
  if (!found_) {
    const std::optional<Protocol> protocol = protocol_of(line);
    stopped_ = !protocol;
    if (!protocol) return;
    found_.emplace().protocol = *protocol;
  }
  if (found_->protocol == Protocol::imap) literal_ = literal_length(line);
  if (refuses(found_->protocol, line)) found_->replies.emplace_back(line);
  stopped_ = found_->replies.size() == kept_replies;
}

Shared<Refusals> RefusalReader::refusals() const {
  return found_ ? std::make_shared<const Refusals>(*found_) : nullptr;
}

}  // namespace legible::parser
