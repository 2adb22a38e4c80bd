#include "parser/refusal_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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

/// Of a server's first message: its authentication, its offer of an older version, or why not. The
/// others of its protocol come later; MySQL's packets have a number where the first two have a NUL.
bool begins_postgresql(std::string_view bytes) {
  const bool asks = (bytes[0] == 'R' || bytes[0] == 'v') && bytes[3] == '\0' && bytes[5] == '\0';
  const bool tells = (bytes[0] == 'E' || bytes[0] == 'N') && bytes[5] == 'S';
  return bytes[1] == '\0' && bytes[2] == '\0' && (asks || tells);
}

}  // namespace

void RefusalReader::feed(std::span<const std::uint8_t> bytes) {
  if (stopped_) return;
  constexpr std::size_t telling = 6;
  std::string_view text = as_text(bytes.first(std::min(bytes.size(), read_bytes - read_)));
  read_ += text.size();
  if (form_ == Form::unknown) {
    const std::size_t here = std::min(telling - line_.size(), text.size());
    line_.append(text.substr(0, here));
    text.remove_prefix(here);
    if (line_.starts_with('<')) {
      form_ = Form::tags;
      found_.emplace().protocol = Protocol::xmpp;
    } else if (line_.size() > 1 && line_[1] != '\0') {
      form_ = Form::lines;
    } else if (line_.size() == telling) {
      stopped_ = !begins_postgresql(line_);
      form_ = Form::messages;
      if (!stopped_) found_.emplace().protocol = Protocol::postgresql;
    } else {
      return;
    }
    feed_text(std::exchange(line_, {}));
  }
  feed_text(text);
  stopped_ |= read_ == read_bytes;
}

void RefusalReader::feed_text(std::string_view text) {
  if (form_ == Form::lines) feed_lines(text);
  if (form_ == Form::messages) feed_messages(text);
  if (form_ == Form::tags) feed_tags(text);
}

void RefusalReader::append_to_line(std::string_view text) {
  line_.append(text.substr(0, kept_bytes - std::min(kept_bytes, line_.size())));
}

void RefusalReader::keep(std::string reply) {
  found_->replies.push_back(std::move(reply));
  stopped_ = found_->replies.size() >= kept_replies;
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
    append_to_line(text.substr(0, end));
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    take_line(line_);
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

void RefusalReader::take_line(std::string_view line) {
  if (!found_) {
    const std::optional<Protocol> protocol = protocol_of(line);
    stopped_ = !protocol;
    if (!protocol) return;
    found_.emplace().protocol = *protocol;
  }
  if (found_->protocol == Protocol::imap) to_skip_ = literal_length(line);
  if (refuses(found_->protocol, line)) keep(std::string(line));
}

/// Fields, each a letter and a string that ends in a NUL: M is what is said.
void RefusalReader::take_error(std::string_view fields) {
  while (!fields.empty() && fields.front() != '\0') {
    const std::string_view field = fields.substr(0, fields.find('\0'));
    if (field.front() == 'M') return keep(std::string(field.substr(1)));
    fields.remove_prefix(std::min(field.size() + 1, fields.size()));
  }
}

void RefusalReader::feed_tags(std::string_view text) {
  while (!stopped_ && !text.empty()) {
    const std::size_t bracket = std::min(text.find_first_of("<>"), text.size());
    append_to_line(text.substr(0, bracket));
    if (bracket == text.size()) break;
    if (text[bracket] == '>') {
      append_to_line(">");
      take_tag(line_);
      line_.clear();
    } else {
      append_to_failure(line_);
      line_ = '<';
    }
    text.remove_prefix(bracket + 1);
  }
}

void RefusalReader::take_tag(std::string_view tag) {
  const bool begins = tag.starts_with("<failure") || tag.starts_with("<stream:error");
  if (failure_.empty() && !begins) return;
  const bool whole = failure_.empty() && tag.ends_with("/>");
  if (failure_.empty()) {
    failure_ = tag;
  } else {
    append_to_failure(tag);
  }
  if (whole || tag == "</failure>" || tag == "</stream:error>") keep(std::exchange(failure_, {}));
}

/// What is said inside it.
void RefusalReader::append_to_failure(std::string_view text) {
  if (failure_.empty()) return;
  failure_.append(text.substr(0, kept_bytes - std::min(kept_bytes, failure_.size())));
}

Shared<Refusals> RefusalReader::refusals() const {
  return found_ ? std::make_shared<const Refusals>(*found_) : nullptr;
}

}  // namespace legible::parser
