#pragma once
// What a server says no with, inside TLS: in the protocols of text lines, whether they began in
// clear (STARTTLS) or with TLS, their replies being of one form each (see line_replies.hpp); in
// PostgreSQL's ErrorResponse (PostgreSQL's manual, "Message Formats"); and in XMPP's failures and
// stream errors (RFC 6120 sections 4.9 and 6.5).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/observation.hpp"

namespace legible::parser {

/// The first lines of a server's replies that say no, raw and cut; of PostgreSQL the message that
/// is meant for people, of XMPP the whole element. None: it was read, and refused nothing.
struct Refusals {
  Protocol protocol = Protocol::unknown;  ///< smtp stands for FTP, too
  std::vector<std::string> replies;
};

/// Watches what the server says from its first byte on. Bounded: reads the beginning of a session,
/// where a server refuses the client itself, and keeps the first refusals.
class RefusalReader {
 public:
  static constexpr std::size_t read_bytes = 32 * 1024;
  static constexpr std::size_t kept_replies = 6;
  static constexpr std::size_t kept_bytes = 256;  ///< of each

  /// Bytes of the server's, in order, in any split.
  void feed(std::span<const std::uint8_t> bytes);

  /// Nothing more is read.
  bool stopped() const { return stopped_; }

  /// What was read so far. Null: it is no such protocol, or not known yet.
  Shared<Refusals> refusals() const;

 private:
  enum class Form : std::uint8_t { unknown, lines, messages, tags };

  std::string_view skip(std::string_view text);
  void feed_text(std::string_view text);
  void feed_lines(std::string_view text);
  void feed_messages(std::string_view text);
  void feed_tags(std::string_view text);
  void take_line(std::string_view line);
  void take_error(std::string_view fields);
  void take_tag(std::string_view tag);
  void keep(std::string reply);
  void append_to_line(std::string_view text);
  void append_to_failure(std::string_view text);

  std::optional<Refusals> found_;  ///< once the first line, or message, has named the protocol
  std::string line_;  ///< or message, tag or text between tags, that has begun, cut to what is kept
  std::string failure_;  ///< of XMPP: the element that has begun, likewise
  Form form_ = Form::unknown;
  std::size_t read_ = 0;
  std::uint64_t to_skip_ = 0;  ///< a literal's bytes, which are a mail's, or a message's last ones
  bool stopped_ = false;
};

}  // namespace legible::parser
