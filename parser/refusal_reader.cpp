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

constexpr char error_response = 'E';

std::uint32_t length_at(std::string_view text, std::size_t at) {
  std::uint32_t length = 0;
  for (const char digit : text.substr(at, sizeof length)) {
    length = length << 8 | static_cast<std::uint8_t>(digit);
  }
  return length;
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
  // No line has a NUL where a message has its length's first byte.
  if (!found_ && line_.empty() && !text.empty()) {
    line_ = text.substr(0, 1);
    text.remove_prefix(1);
  }
  if (!found_ && line_.size() == 1 && !text.empty() && text.front() == '\0') {
    found_.emplace().protocol = Protocol::postgresql;
  }
  if (found_ && found_->protocol == Protocol::postgresql) {
    feed_messages(text);
  } else {
    feed_lines(text);
  }
  stopped_ |= read_ == read_bytes;
}

/// What is left of `text`.
std::string_view RefusalReader::skip(std::string_view text) {
  const auto skipped = std::min<std::uint64_t>(to_skip_, text.size());
  to_skip_ -= skipped;
  return text.substr(static_cast<std::size_t>(skipped));
}

void RefusalReader::feed_lines(std::string_view text) {
  while (!stopped_ && !(text = skip(text)).empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line_.append(text.substr(0, std::min(end, kept_bytes - std::min(kept_bytes, line_.size()))));
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    take(line_);
    line_.clear();
  }
}

/// A type (1), the length of what follows, itself included (4), contents.
void RefusalReader::feed_messages(std::string_view text) {
  constexpr std::size_t header = 5;
  constexpr std::size_t own_length = 4;
  const auto gather = [&](std::size_t size) {
    const std::size_t here = std::min(size - line_.size(), text.size());
    line_.append(text.substr(0, here));
    text.remove_prefix(here);
    return line_.size() == size;
  };
  while (!stopped_ && !(text = skip(text)).empty()) {
    if (line_.size() < header && !gather(header)) break;
    const std::size_t length = length_at(line_, 1);
    const std::size_t content = std::max(length, own_length) - own_length;
    const std::size_t kept = std::min(content, kept_bytes);
    if (!gather(header + kept)) break;
    if (line_.front() == error_response) take_error(std::string_view(line_).substr(header));
    to_skip_ = content - kept;
    line_.clear();
  }
}

void RefusalReader::take(std::string_view line) {
  if (!found_) {
    const std::optional<Protocol> protocol = protocol_of(line);
    stopped_ = !protocol;
    if (!protocol) return;
    found_.emplace().protocol = *protocol;
  }
  if (found_->protocol == Protocol::imap) to_skip_ = literal_length(line);
  if (refuses(found_->protocol, line)) found_->replies.emplace_back(line);
  stopped_ = found_->replies.size() == kept_replies;
}

/// Fields, each a letter and a string that ends in a NUL: M is what is said.
void RefusalReader::take_error(std::string_view fields) {
  while (!fields.empty() && fields.front() != '\0') {
    const std::string_view field = fields.substr(0, fields.find('\0'));
    if (field.front() == 'M') found_->replies.emplace_back(field.substr(1));
    fields.remove_prefix(std::min(field.size() + 1, fields.size()));
  }
  stopped_ = found_->replies.size() == kept_replies;
}

Shared<Refusals> RefusalReader::refusals() const {
  return found_ ? std::make_shared<const Refusals>(*found_) : nullptr;
}

}  // namespace legible::parser
