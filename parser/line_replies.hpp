#pragma once
// Which reply belongs to which command, in the protocols of text lines that have a STARTTLS: SMTP
// (RFC 5321 section 4.2), FTP (RFC 959 section 4.2), POP3 (RFC 1939 section 3), IMAP (RFC 9051
// section 2.2.2).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "parser/observation.hpp"

namespace legible::parser {

/// Whether a server's line, without its end, is a reply's last one; of POP3 its first one, since
/// the rest is no reply. A greeting is a reply too, but IMAP's is not: it has no tag.
bool ends_reply(Protocol protocol, std::string_view line);

/// Whether a client's command, of which this is the verb, only looks round, leads to TLS or takes
/// leave: what may be said before TLS.
bool is_preliminary_verb(std::string_view verb);

/// Whether a client's line asks for TLS.
bool asks_for_tls(Protocol protocol, std::string_view line);

/// Whether a reply's line says yes to that.
bool grants_tls(Protocol protocol, std::string_view line);

/// Whether a server's line, also one that is not its reply's last, says no: 4yz and 5yz; -ERR; NO
/// and BAD, tagged or not, and an untagged BYE.
bool refuses(Protocol protocol, std::string_view line);

/// The reply to the client's line at `command` in `dialogue.lines`. Absent: it has not come.
std::optional<std::string> reply_to(const Dialogue& dialogue, std::size_t command);

/// Waits for the replies to commands that a client sent without waiting itself, the last of which
/// asks for TLS: what follows the last one is TLS, or is not.
class AwaitedReplies {
 public:
  /// `so_far`: what was said, in a protocol of lines, before the client began with TLS.
  explicit AwaitedReplies(const Dialogue& so_far);

  /// What the server says next.
  void feed(std::span<const std::uint8_t> bytes);

  bool complete() const { return missing_ == 0; }
  /// Once complete: the last one says yes, and nothing came after it.
  bool granted() const { return granted_ && line_.empty(); }

 private:
  const Protocol protocol_;
  std::size_t missing_ = 0;
  std::string line_;  ///< that has begun
  bool granted_ = false;
};

}  // namespace legible::parser
