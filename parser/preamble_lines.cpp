// STARTTLS in the protocols of text lines: SMTP (RFC 3207), IMAP (RFC 9051 section 6.2.1), POP3
// (RFC 2595 section 4), FTP (RFC 4217).

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"
#include "parser/line_replies.hpp"
#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"

namespace legible::parser {
namespace {

/// A longer line ends the dialogue: SMTP allows 512 bytes, IMAP's capability lists stay below 1000.
constexpr std::size_t longest_line = 2048;

/// Of a command that is not known, no more than this is told.
constexpr std::size_t longest_verb = 16;

/// What may be said before TLS. Any other command is the session's work, in the clear: unless the
/// server refuses it, no upgrade is to be expected, and what follows is nobody's business.
constexpr std::array<std::string_view, 22> negotiation{
    "EHLO", "HELO", "LHLO",       "STARTTLS", "XCLIENT", "NOOP", "RSET", "QUIT",
    "HELP", "ID",   "CAPABILITY", "ENABLE",   "LOGOUT",  "CAPA", "STLS", "FEAT",
    "SYST", "OPTS", "HOST",       "CLNT",     "PBSZ",    "PROT"};

constexpr std::array<std::string_view, 7> credentials{"AUTH", "AUTHENTICATE", "LOGIN", "USER",
                                                      "PASS", "APOP",         "ACCT"};

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::ranges::any_of(words,
                             [word](std::string_view w) { return same_in_any_case(word, w); });
}

/// RFC 4217 section 4.
bool is_ftp_upgrade(std::string_view verb, std::string_view argument) {
  constexpr std::array<std::string_view, 3> mechanisms{"TLS", "SSL", "TLS-C"};
  return same_in_any_case(verb, "AUTH") && is_one_of(argument, mechanisms);
}

class LinePreamble : public Preamble {
 public:
  LinePreamble(Protocol protocol, const Limits& limits)
      : Preamble(protocol, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return is_line_protocol(other); }
  bool survives_gap() const override { return true; }
  std::string_view unit() const override { return "line of a cleartext dialogue"; }

  PreambleStep feed(Side from, std::span<const std::uint8_t> bytes) override {
    if (begins_tls_record(bytes[0])) return {PreambleStep::Next::hand_over};
    const std::string_view text = as_text(bytes);
    const std::size_t end = text.substr(0, longest_line).find('\n');
    if (end == std::string_view::npos) {
      return {text.size() < longest_line ? PreambleStep::Next::need_more
                                         : PreambleStep::Next::leave};
    }
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool negotiates = from == Side::client ? command(line) : reply(line);
    const bool proceeds = negotiates && !overflowed();
    return {proceeds ? PreambleStep::Next::proceed : PreambleStep::Next::leave, end + 1};
  }

 private:
  bool command(std::string_view line) {
    if (works_in_clear_) {
      waits_ = false;
      return true;
    }
    if (secret_follows_) {
      say(Side::client, "***");
      return true;
    }
    const std::size_t verb_at = protocol() == Protocol::imap ? line.find(' ') + 1 : 0;
    const std::size_t verb_end = std::min(line.find(' ', verb_at), line.size());
    const std::string_view verb = line.substr(verb_at, verb_end - verb_at);
    const std::string_view argument = line.substr(std::min(verb_end + 1, line.size()));

    const bool ftp_upgrade = is_ftp_upgrade(verb, argument);
    if (ftp_upgrade) set_protocol(Protocol::ftp);
    if (tells_credentials(verb, argument)) {
      secret_follows_ = true;
      say(Side::client, std::string(line.substr(0, verb_end)) + " ***");
      return true;
    }
    const bool negotiates = ftp_upgrade || verb.empty() || is_one_of(verb, negotiation);
    say(Side::client, negotiates ? line : line.substr(0, std::min(verb_end, longest_verb)));
    works_in_clear_ = !negotiates;
    return true;
  }

  /// A prompt (SASL's 334 and "+") makes the client's next line a secret; any other reply ends the
  /// exchange that credentials opened.
  bool reply(std::string_view line) {
    secret_follows_ = line.starts_with("334") || line == "+" || line.starts_with("+ ");
    const bool refusal = refuses(protocol(), line);
    if (!works_in_clear_ || refusal) say(Side::server, line);
    if (!works_in_clear_ || !ends_reply(protocol(), line)) return true;
    works_in_clear_ = false;
    return refusal && waits_;
  }

  bool secret_follows_ = false;
  bool works_in_clear_ = false;  ///< a command that does not lead to TLS is not answered yet
  bool waits_ = true;            ///< the client, for the answer to such a command
};

}  // namespace

bool tells_credentials(std::string_view verb, std::string_view argument) {
  return is_one_of(verb, credentials) && !is_ftp_upgrade(verb, argument);
}

std::unique_ptr<Preamble> make_line_preamble(Protocol protocol, const Limits& limits) {
  return std::make_unique<LinePreamble>(protocol, limits);
}

}  // namespace legible::parser
